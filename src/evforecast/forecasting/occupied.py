"""A feed that cannot tell a charging vehicle from one that has finished, served by a model that can."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from sklearn.base import clone

from evforecast.errors import InputError
from evforecast.features import runs
from evforecast.forecasting.around import Around
from evforecast.forecasting.base import StatusForecaster
from evforecast.panel import Codes, StatusPanel

__all__ = ["OccupiedFeed"]

_DAY = np.timedelta64(86_400, "s")


class OccupiedFeed(Around):
    """Learns from a feed with ``charging`` and ``passive``, serves one that calls both ``charging``.

    Some feeds show that a vehicle is there, not whether it still charges (see `Vocabulary.merged`). How
    long a charger has been occupied tells most of it: the model is shown ``charging`` for as long as that
    was the likelier of the two at that age in training, ``passive`` after. Its forecast is given in the
    words of the feed: ``charging`` means "charging or passive", and nothing is ``passive``.

    Parameters
    ----------
    forecaster : StatusForecaster
        Unfitted, of all statuses; a copy is fitted on the panel that tells the two apart.

    Attributes
    ----------
    forecaster_ : StatusForecaster
        Fitted.
    charging_rows_ : int
        The age in rows from which an occupied charger is taken as passive.

    Examples
    --------
    >>> import evforecast as ev
    >>> panel = ev.simulate(n_evse=20, days=10, random_state=0)
    >>> feed = ev.OccupiedFeed.merge(panel)
    >>> model = ev.OccupiedFeed(ev.SemiMarkovForecaster([4])).fit(panel)
    >>> p = model.predict_proba(feed).proba
    >>> bool((p[..., 2] < 1e-3).all())
    True
    """

    def __init__(self, forecaster: StatusForecaster) -> None:
        self.forecaster = forecaster

    @property
    def _inner(self) -> StatusForecaster:
        return self.forecaster

    @property
    def lookback(self) -> int:
        """That of the forecaster, and a day more to tell since when a charger is occupied."""
        return self.forecaster_.lookback + int(_DAY // self.step_)

    @staticmethod
    def merge(panel: StatusPanel) -> StatusPanel:
        """Return the panel as such a feed would show it: what is passive is ``charging``."""
        charging, passive = panel.scheme.code("charging"), panel.scheme.code("passive")
        return _with_codes(panel, np.where(panel.codes == passive, np.int8(charging), panel.codes))

    def _fit(self, panel: StatusPanel) -> None:
        if self.target is not None:
            msg = (
                "OccupiedFeed: its forecaster must forecast all statuses, not "
                f"{self.target!r}: coarsen what this one forecasts."
            )
            raise InputError(msg)
        charging, passive = panel.scheme.code("charging"), panel.scheme.code("passive")
        most = int(_DAY // panel.step)
        age = np.minimum(runs(self.merge(panel).codes).age, most)
        shares = [
            np.bincount(age[panel.codes == code], minlength=most + 1)
            for code in (charging, passive)
        ]
        likelier = np.flatnonzero(shares[1] > shares[0])
        self.charging_rows_ = int(likelier[0]) if len(likelier) else most + 1
        self.forecaster_: StatusForecaster = clone(self.forecaster).fit(panel)

    def _predict(
        self, context: StatusPanel, horizons: npt.NDArray[np.int64]
    ) -> npt.NDArray[np.floating]:
        charging, passive = context.scheme.code("charging"), context.scheme.code("passive")
        split = _with_codes(context, self._split(context)).tail(self.forecaster_.lookback)
        law = self.forecaster_.predict_proba(split, horizons.tolist()).proba.copy()
        law[..., charging] += law[..., passive]
        law[..., passive] = 0
        return law

    def _split(self, context: StatusPanel) -> Codes:
        """Return the codes with what is occupied for long taken as passive."""
        merged = self.merge(context)
        age = runs(merged.codes).age
        occupied = merged.codes == context.scheme.code("charging")
        passive = np.int8(context.scheme.code("passive"))
        return np.where(occupied & (age >= self.charging_rows_), passive, merged.codes)


def _with_codes(panel: StatusPanel, codes: Codes) -> StatusPanel:
    return StatusPanel(
        codes, panel.grid, panel.evse, scheme=panel.scheme, exog=panel.exog, tz=panel.tz
    )
