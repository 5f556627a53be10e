"""One call per picture: each function draws on one matplotlib Axes and returns it.

Without ``ax`` a figure is made through pyplot, so that a notebook shows it. With ``ax`` pyplot is not
touched: `picture` draws that way for reports, and leaves nothing open.
"""

from evforecast.plotting.chargers import map_chargers
from evforecast.plotting.coverage import coverage
from evforecast.plotting.export import Picture, picture
from evforecast.plotting.fan import fan
from evforecast.plotting.labels import duration
from evforecast.plotting.layouts import layouts
from evforecast.plotting.mix import mix_change
from evforecast.plotting.over_time import over_time
from evforecast.plotting.reliability import reliability
from evforecast.plotting.shares import shares
from evforecast.plotting.skill import skill
from evforecast.plotting.states import map_states
from evforecast.plotting.style import STATUS_COLOURS, status_colour, theme

__all__ = [
    "STATUS_COLOURS",
    "Picture",
    "coverage",
    "duration",
    "fan",
    "layouts",
    "map_chargers",
    "map_states",
    "mix_change",
    "over_time",
    "picture",
    "reliability",
    "shares",
    "skill",
    "status_colour",
    "theme",
]
