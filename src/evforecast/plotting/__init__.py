"""One call per picture: each function draws on one matplotlib Axes and returns it.

Without ``ax`` a figure is made through pyplot, so that a notebook shows it. With ``ax`` pyplot is not
touched: `picture` draws that way for reports, and leaves nothing open.
"""

from evforecast.plotting.calibration import calibration
from evforecast.plotting.chargers import map_chargers
from evforecast.plotting.confusion import confusion
from evforecast.plotting.counts import counts
from evforecast.plotting.coverage import coverage
from evforecast.plotting.credits import credits_by_day
from evforecast.plotting.exogenous import exogenous
from evforecast.plotting.export import Picture, picture
from evforecast.plotting.fan import fan
from evforecast.plotting.labels import duration
from evforecast.plotting.layouts import layouts
from evforecast.plotting.losses import losses
from evforecast.plotting.mix import mix_change
from evforecast.plotting.observed import observed
from evforecast.plotting.outages import outages
from evforecast.plotting.over_time import over_time
from evforecast.plotting.reliability import reliability
from evforecast.plotting.shares import shares
from evforecast.plotting.skill import skill
from evforecast.plotting.states import map_states
from evforecast.plotting.style import STATUS_COLOURS, set_theme, status_colour, theme
from evforecast.plotting.survival import survival
from evforecast.plotting.transitions import transitions
from evforecast.plotting.versus import versus

__all__ = [
    "STATUS_COLOURS",
    "Picture",
    "calibration",
    "confusion",
    "counts",
    "coverage",
    "credits_by_day",
    "duration",
    "exogenous",
    "fan",
    "layouts",
    "losses",
    "map_chargers",
    "map_states",
    "mix_change",
    "observed",
    "outages",
    "over_time",
    "picture",
    "reliability",
    "set_theme",
    "shares",
    "skill",
    "status_colour",
    "survival",
    "theme",
    "transitions",
    "versus",
]
