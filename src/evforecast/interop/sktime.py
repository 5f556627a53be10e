"""Our forecasters as one forecaster of sktime: one series, a panel or a hierarchy of statuses.

Its horizons and splitters in our words (`horizons`, `splitter_origins`) stand here too.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.base import clone

from evforecast import forecasting
from evforecast.errors import InputError, MissingExtraError
from evforecast.interop.categorical import Categorical
from evforecast.interop.frames import Classes, merge, rows_of, to_panel, values_of
from evforecast.interop.splitters import horizons, splitter_origins
from evforecast.interop.timeaxis import TimeAxis
from evforecast.panel import MISSING, StatusForecast, StatusPanel, StatusScheme
from evforecast.timegrid import StepLike, TimeGrid

try:
    from sktime.forecasting.base import BaseForecaster, ForecastingHorizon
except ImportError as error:
    raise MissingExtraError("skpro", "sktime") from error

__all__ = ["StatusForecaster", "horizons", "splitter_origins"]


class StatusForecaster(BaseForecaster):
    """A forecaster of sktime around any forecaster of ours, for one series, a panel or a hierarchy.

    All series of a panel or hierarchy are learnt together. `predict` gives the most likely status,
    `predict_proba` a `Categorical`, `predict_state_proba` one column a status. Intervals, quantiles and
    variances are there because sktime asks for them; they follow the order of the codes and mean nothing
    for statuses.

    Parameters
    ----------
    forecaster : forecaster of evforecast, optional
        A clone is fitted, for the horizon given to `fit`. By default a `SemiMarkovForecaster`. With a
        coarser target, `predict` counts its statuses from 0: 1 is where the target holds.
    scheme : StatusScheme, optional
        The statuses that the codes in `y` stand for; another value is then an error. By default the five
        usual ones where `y` holds only 0 to 4 (and -1 or NaN, missing), else the values found in `y`.
    step : str, timedelta, numpy.timedelta64 or pandas.Timedelta
        How long a step lasts where the index of `y` counts without a clock (whole numbers, months).
    tz : str
        The zone of the clock on the chargers' wall; it decides what "the same hour" means.

    Attributes
    ----------
    forecaster_ : forecaster of evforecast
        The fitted clone.
    classes_ : numpy.ndarray
        The value in `y` of each status, shape ``[status]``.
    scheme_ : StatusScheme
        Their names.

    Examples
    --------
    >>> import evforecast as ev
    >>> from evforecast.interop import StatusForecaster
    >>> panel = ev.simulate(n_evse=3, days=4, random_state=0)
    >>> model = StatusForecaster(ev.MarkovForecaster()).fit(panel.to_multiindex())
    >>> model.predict_state_proba(fh=[1, 4]).round(2).columns.to_list()
    ['available', 'charging', 'passive', 'offline', 'down']
    >>> model.predict_proba(fh=[1, 4]).shape
    (6, 1)
    """

    _tags = {  # noqa: RUF012 - sktime reads its tags from a plain dict of the class
        "authors": ["evforecast"],
        "maintainers": ["evforecast"],
        "y_inner_mtype": ["pd.DataFrame", "pd-multiindex", "pd_multiindex_hier"],
        "X_inner_mtype": ["pd.DataFrame", "pd-multiindex", "pd_multiindex_hier"],
        "capability:multivariate": False,
        "capability:exogenous": False,
        "capability:insample": False,
        "capability:pred_int": True,
        "capability:pred_int:insample": False,
        "capability:missing_values": True,
        "capability:update": True,
        "requires-fh-in-fit": False,
    }
    # The panel, a byte a status, is kept instead; with it sktime's warning about its default is silent.
    _config = {"remember_data": False}  # noqa: RUF012 - the same

    _axis: TimeAxis
    _panel: StatusPanel
    _classes: Classes
    _series: pd.Index | None
    _horizons: list[int] | None

    def __init__(
        self,
        forecaster: forecasting.StatusForecaster | None = None,
        *,
        scheme: StatusScheme | None = None,
        step: StepLike = "15min",
        tz: str = "UTC",
    ) -> None:
        self.forecaster = forecaster
        self.scheme = scheme
        self.step = step
        self.tz = tz
        super().__init__()

    def __post_init__(self) -> None:
        """Set what sktime expects of an object that was just made."""
        self._y = self._X = None
        any_horizon = getattr(self.forecaster, "any_horizon", True)
        self.set_tags(**{"requires-fh-in-fit": not any_horizon})

    def predict_state_proba(self, fh: Any = None, X: Any = None) -> pd.DataFrame:
        """Return the probability of each status.

        Parameters
        ----------
        fh : int, sequence of int, pandas.Index or ForecastingHorizon, optional
            What to forecast, as in `predict`; not needed where `fit` was given it.
        X : optional
            Ignored, like everywhere in this forecaster.

        Returns
        -------
        pandas.DataFrame
            The index of `predict`, one float32 column a status; each row sums to 1.

        Raises
        ------
        InputError
            If `y` had several columns: sktime then fits each alone.
        """
        del X
        self.check_is_fitted()
        if self._is_vectorized:
            msg = (
                "StatusForecaster.predict_state_proba: y had several columns, which sktime fits one by "
                "one. Stack them: a panel has the levels (charger, time) and one column."
            )
            raise InputError(msg)
        forecast, index = self._forecast(self._check_fh(fh, pred_int=True))
        names = list(forecast.scheme.names)
        return pd.DataFrame(_by_series(forecast.proba), index=index, columns=names)

    # ---- what sktime asks for ----

    def _check_fh(self, fh: Any, pred_int: bool = False) -> Any:  # noqa: FBT001, FBT002 - sktime's signature
        """Check a horizon as sktime does, which cannot compare dates of no known step with the cutoff."""
        return super()._check_fh(_with_step(fh, self._cutoff), pred_int=pred_int)

    def _fit(self, y: pd.DataFrame, X: Any, fh: Any) -> StatusForecaster:
        del X
        rows, values = rows_of(y.index), values_of(y)
        freq = getattr(self._cutoff, "freq", None)
        self._axis = TimeAxis.of(rows.used, freq=freq, step=self.step, where="StatusForecaster.fit")
        self._columns, self._series, self._time_name = y.columns, rows.series, y.index.names[-1]
        classes = Classes.learn(values, self.scheme)
        panel = to_panel(rows, classes.encode(values), self._axis, classes, tz=self.tz)
        self._horizons = None if fh is None else self._axis.steps(fh, panel.cutoff)
        self._train(panel, classes)
        return self

    def _update(
        self,
        y: pd.DataFrame,
        X: Any = None,
        update_params: bool = True,  # noqa: FBT001, FBT002 - sktime's signature
    ) -> StatusForecaster:
        """Learn of new rows, of new series too; what was known after the last of them is forgotten."""
        del X
        rows, values = rows_of(y.index), values_of(y)
        old, classes = self._panel, self._classes
        if update_params:
            seen = classes.numbers[np.unique(old.codes[old.codes != MISSING])]
            classes = Classes.learn(np.concatenate([seen, pd.unique(values)]), self.scheme)
            table = np.append(classes.encode(self._classes.numbers), np.int8(MISSING))
            old = StatusPanel(
                table[old.codes], old.grid, old.evse, scheme=classes.scheme, tz=old.tz
            )
        new = to_panel(rows, classes.encode(values), self._axis, classes, tz=self.tz)
        panel = merge(old, new)
        fresh = [place for place, name in enumerate(rows.ids) if name not in old.evse.index]
        if self._series is not None and rows.series is not None and fresh:
            self._series = self._series.append(rows.series[fresh])
        if update_params:
            self._train(panel, classes)
        self._panel = panel
        return self

    def _predict(self, fh: Any, X: Any) -> pd.DataFrame:
        del X
        forecast, index = self._forecast(fh)
        likely = self._values(forecast)[forecast.most_likely()].T.reshape(-1, 1)
        return pd.DataFrame(likely, index=index, columns=self._columns)

    def _predict_proba(self, fh: Any, X: Any, marginal: bool = True) -> Categorical:  # noqa: FBT001, FBT002 - sktime's signature
        if not marginal:
            msg = (
                "StatusForecaster.predict_proba: a joint distribution over times is not there. "
                "Use marginal=True."
            )
            raise NotImplementedError(msg)
        del X
        forecast, index = self._forecast(fh)
        probs = _by_series(forecast.proba)[:, None, :]
        return Categorical(probs, self._values(forecast), index=index, columns=self._columns)

    @classmethod
    def get_test_params(cls, parameter_set: str = "default") -> list[dict[str, Any]]:
        """Return what sktime's suite runs on: cheap ones for any horizon, and for that of `fit` only."""
        del parameter_set
        fixed = forecasting.Persistence()
        return [{"forecaster": forecasting.MarkovForecaster()}, {"forecaster": fixed, "step": "1h"}]

    # ---- the parts ----

    def _train(self, panel: StatusPanel, classes: Classes) -> None:
        native: Any = self.forecaster
        native = forecasting.SemiMarkovForecaster() if native is None else native
        if not isinstance(native, forecasting.StatusForecaster):
            msg = (
                f"StatusForecaster: forecaster is a {type(native).__name__}, not one of evforecast. "
                "Forecasters of sktime take numeric series, for example panel.to_counts()."
            )
            raise InputError(msg)
        model = clone(native)
        if self._horizons is not None:
            model.set_params(horizons=self._horizons)
        self.forecaster_ = model.fit(panel)
        self._panel, self._classes = panel, classes
        self.classes_, self.scheme_ = classes.numbers, classes.scheme

    def _forecast(self, fh: Any) -> tuple[StatusForecast, pd.Index]:
        """Return the forecast for a horizon, and the index of its rows: series by series, then time."""
        cutoff = self._axis.times(self._cutoff)[0]
        context = _known_at(self._panel, cutoff)
        forecast = self.forecaster_.predict_proba(context, self._axis.steps(fh, cutoff))
        labels = self._axis.labels(forecast.times).rename(self._time_name)
        if self._series is None:
            return forecast, labels
        series: Any = self._series
        n, m = len(forecast.evse), len(labels)
        several = isinstance(series, pd.MultiIndex)
        levels: list[Any] = [*series.levels, labels] if several else [series, labels]
        places: list[Any] = [np.repeat(c, m) for c in (series.codes if several else [np.arange(n)])]
        places.append(np.tile(np.arange(m), n))
        index = pd.MultiIndex(
            levels=levels,
            codes=places,
            names=[*series.names, self._time_name],
        )
        return forecast, index

    def _values(self, forecast: StatusForecast) -> npt.NDArray[Any]:
        """Return the value of each status of a forecast: a coarser target counts from 0."""
        same = forecast.scheme == self._classes.scheme
        return self._classes.numbers if same else np.arange(len(forecast.scheme))


def _with_step(fh: Any, cutoff: pd.Index) -> Any:
    """Return a horizon with the largest step that reaches all its dates, where neither knows one."""
    known = isinstance(fh, ForecastingHorizon)
    dates = fh.to_pandas() if known else fh
    if not (isinstance(dates, pd.DatetimeIndex) and isinstance(cutoff, pd.DatetimeIndex)):
        return fh
    zoned = (dates.tz is None) != (cutoff.tz is None)
    if zoned or cutoff.freq or (known and fh.freq):
        return fh
    seconds = (dates - cutoff[0]).total_seconds().to_numpy().round().astype(np.int64)
    step = pd.Timedelta(seconds=max(1, int(np.gcd.reduce(seconds))))
    freq = dates.freq or pd.tseries.frequencies.to_offset(step)
    return ForecastingHorizon(dates, is_relative=False, freq=freq)


def _by_series(proba: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Return probabilities ``[horizon, evse, status]`` as ``[evse x horizon, status]``."""
    return proba.transpose(1, 0, 2).reshape(-1, proba.shape[-1])


def _known_at(panel: StatusPanel, cutoff: np.datetime64) -> StatusPanel:
    """Return the rows up to `cutoff`, missing ones where the panel ends before it."""
    known = panel.until(cutoff)
    lacking = int((cutoff - known.grid.last) // panel.step) if known.n_time else 0
    if lacking <= 0:
        return known
    gap = np.full((lacking, panel.n_evse), MISSING, dtype=np.int8)
    grid = TimeGrid(known.grid.start, panel.step, known.n_time + lacking)
    codes = np.concatenate([known.codes, gap])
    return StatusPanel(codes, grid, panel.evse, scheme=panel.scheme, tz=panel.tz)
