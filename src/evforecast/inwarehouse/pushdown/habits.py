"""A charger's habits at the target's time of day as SQL: `evforecast.features.time_of_day_profile`.

What belongs to a row of the panel alone (weights of the days, the network's habits) is computed once a row,
and joined; only counts and their weighted sums are computed for each cell. The library sums float32 in the
order of the days, the database float64: they agree to about 1e-6.
"""

from __future__ import annotations

from evforecast.features.profile import (
    DECAY,
    HALF_WINDOW,
    OTHER_TYPE,
    PRIOR_DAYS,
    PROFILE_DAYS,
)
from evforecast.inwarehouse.pushdown.local import LocalTime
from evforecast.inwarehouse.pushdown.paneltable import PanelTable
from evforecast.warehouse import Dialect

__all__ = ["Habits"]

# A hundredth of a case, by which a share leans on another one: never empty, never zero.
_LEAN, _LEAST = "0.01", "0.0001"


class Habits:
    """The queries of one horizon.

    Parameters
    ----------
    dialect : Dialect
    panel : PanelTable
    horizon : int
        Steps from the cutoff to the target.
    local : LocalTime
        Of all rows from the days looked back on to the target.

    Examples
    --------
    >>> from evforecast.timegrid import TimeGrid
    >>> from evforecast.warehouse import DUCKDB
    >>> panel = PanelTable.of("2020-10-25", "2020-10-26")
    >>> Habits(DUCKDB, panel, 4, LocalTime(panel.grid_rows, "UTC")).days
    range(1, 9)
    """

    def __init__(self, dialect: Dialect, panel: PanelTable, horizon: int, local: LocalTime) -> None:
        self._panel, self._horizon, self._local = panel, horizon, local
        self._float = dialect.float_type
        self._day = panel.grid_rows.slots_per_day
        self._half = int(HALF_WINDOW // panel.grid_rows.step)
        self._codes = range(len(panel.scheme))
        self.days = range(-(-horizon // self._day), PROFILE_DAYS + 1)

    def rows(self, histories: str) -> str:
        """Return the query of what a row has: k, the weights ``w_1`` … of the days, the network's habits.

        ``week_0`` … are the network's shares of the last week, ``tilt_0`` … how its time of day differs.
        """
        network = ", ".join(f"CAST(SUM(n_{code}) AS BIGINT) AS n_{code}" for code in self._codes)
        target = self._type(self._horizon)
        weights = ", ".join(
            f"CAST(CASE WHEN {self._type(self._horizon - back * self._day)} = {target} "
            f"THEN {DECAY**place!r} ELSE {OTHER_TYPE * DECAY**place!r} END AS {self._float}) AS w_{back}"
            for place, back in enumerate(self.days)
        )
        counted = (
            f"SELECT *, {weights}, {self._counts('ORDER BY k')} "
            f"FROM (SELECT k, {network} FROM {histories} AS m GROUP BY k) AS r"
        )
        mix = ", ".join(f"{self._weighted(code)} AS mix_{code}" for code in self._codes)
        even = " + ".join(f"p_{code}" for code in self._codes)
        week = ", ".join(
            f"(p_{code} + {_LEAN} * {1 / len(self._codes)!r}) / ({even} + {_LEAN}) AS week_{code}"
            for code in self._codes
        )
        summed = f"SELECT *, {mix}, {week} FROM ({counted}) AS c"
        total, base = self._sum("mix"), self._sum("week")
        tilt = ", ".join(
            f"GREATEST((mix_{code} + {_LEAN} * week_{code} / ({base})) / ({total} + {_LEAN}), {_LEAST}) "
            f"/ GREATEST(week_{code}, {_LEAST}) AS tilt_{code}"
            for code in self._codes
        )
        kept = ", ".join(
            [f"w_{back}" for back in self.days] + [f"week_{code}" for code in self._codes]
        )
        return f"SELECT k AS row_k, {kept}, {tilt} FROM ({summed}) AS s"

    def cells(self, histories: str, last: str) -> str:
        """Return the query of cells with the shares of their habits, ``habit_0`` and so on.

        Parameters
        ----------
        histories : str
            The name of a WITH that has `PanelTable.histories`.
        last : str
            The condition on k of the rows that are wanted.
        """
        counted = (
            f"SELECT * FROM (SELECT *, {self._counts('PARTITION BY evse_id ORDER BY k')} "
            f"FROM {histories} AS m) AS c WHERE {last}"
        )
        own = ", ".join(f"{self._weighted(code)} AS own_{code}" for code in self._codes)
        seen = " + ".join(
            f"CASE WHEN {self._seen(back)} > 0 THEN w_{back} ELSE 0 END" for back in self.days
        )
        total, base = self._sum("p"), self._sum("week")
        leaning = ", ".join(
            f"(p_{code} + {_LEAN} * week_{code} / ({base})) / ({total} + {_LEAN}) * tilt_{code} "
            f"AS prior_{code}"
            for code in self._codes
        )
        joined = (
            f"SELECT *, {own}, {leaning}, {seen} AS own_days FROM ({counted}) AS c "
            f"JOIN ({self.rows(histories)}) AS r ON row_k = k"
        )
        prior = self._sum("prior")
        habits = ", ".join(
            f"(own_{code} + {PRIOR_DAYS!r} * prior_{code} / ({prior})) / (own_days + {PRIOR_DAYS!r}) "
            f"AS habit_{code}"
            for code in self._codes
        )
        return f"SELECT *, {habits} FROM ({joined}) AS j"

    def _type(self, ahead: int) -> str:
        return self._local.day_type(self._panel.second(f"k + {ahead}"))

    def _counts(self, window: str) -> str:
        """Return how often each status was observed in the hours around each day's time, and in a week."""
        found = []
        for code in self._codes:
            for back in self.days:
                centre = self._horizon - back * self._day
                upper, lower = min(centre + self._half, 0), centre - self._half - 1
                found.append(f"{_between(code, upper, lower, window)} AS c_{back}_{code}")
            # a float from here on: in Snowflake quotients of decimals have few digits
            week = _between(code, 0, -7 * self._day, window)
            found.append(f"CAST({week} AS {self._float}) AS p_{code}")
        return ", ".join(found)

    def _seen(self, back: int) -> str:
        return "(" + " + ".join(f"c_{back}_{code}" for code in self._codes) + ")"

    def _weighted(self, code: int) -> str:
        return " + ".join(
            f"w_{back} * CAST(c_{back}_{code} AS {self._float}) / GREATEST({self._seen(back)}, 1)"
            for back in self.days
        )

    def _sum(self, name: str) -> str:
        return " + ".join(f"{name}_{code}" for code in self._codes)


def _between(code: int, upper: int, lower: int, window: str) -> str:
    """Return a count from the row `lower` on, that one left out, to the row `upper`; rows from the cutoff."""
    until = f"n_{code}" if upper == 0 else f"COALESCE(LAG(n_{code}, {-upper}) OVER ({window}), 0)"
    return f"{until} - COALESCE(LAG(n_{code}, {-lower}) OVER ({window}), 0)"
