"""The statuses of a network: names, feeds' words, panels, logs, forecasts, and a simulated city."""

from evforecast.panel.calendar import Calendar
from evforecast.panel.evse import evse_table
from evforecast.panel.forecast import StatusForecast
from evforecast.panel.log import StatusLog
from evforecast.panel.panel import StatusPanel
from evforecast.panel.paths import StatusPaths
from evforecast.panel.scheme import CODE_DTYPE, MISSING, STATUS, Codes, StatusScheme
from evforecast.panel.simulator import simulate
from evforecast.panel.vocabulary import VOCABULARIES, Decoded, Vocabulary

__all__ = [
    "CODE_DTYPE",
    "MISSING",
    "STATUS",
    "VOCABULARIES",
    "Calendar",
    "Codes",
    "Decoded",
    "StatusForecast",
    "StatusLog",
    "StatusPanel",
    "StatusPaths",
    "StatusScheme",
    "Vocabulary",
    "evse_table",
    "simulate",
]
