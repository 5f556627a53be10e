"""`Deployment`: how a job runs inside Snowflake: runtime, packages, stage, role, schedule."""

from __future__ import annotations

import re
from dataclasses import dataclass

from evforecast._version import __version__
from evforecast.errors import InputError, require_choice
from evforecast.inwarehouse.job import ForecastJob
from evforecast.warehouse.snowflake.stages import Stage

__all__ = ["PACKAGES", "RUNTIMES", "Deployment"]

RUNTIMES = ("3.11", "3.12", "3.13", "3.14")
"""The versions of Python that Snowflake runs and that this library supports."""

# tzdata: pandas 3 no longer brings the zones along, and the local clock needs them.
PACKAGES = ("numpy", "pandas", "scipy", "scikit-learn", "tzdata")
"""What the handler needs beside its zip."""

_PACKAGE = re.compile(r"[A-Za-z0-9._-]+(\[[A-Za-z0-9,._-]+\])?([=<>!~]=?[A-Za-z0-9.*+!-]+)?")
_CRON = re.compile(r"\S+( \S+){4}")
_REPOSITORY = re.compile(r"[A-Za-z_][\w$]*(\.[A-Za-z_][\w$]*){0,2}")


@dataclass(frozen=True)
class Deployment:
    """How a job runs inside Snowflake.

    Parameters
    ----------
    job : ForecastJob
        What is forecast.
    runtime : str
        The version of Python there.
    packages : tuple of str
        What the handler needs beside its zip, each with a version where one is wanted
        (``scikit-learn==1.5.2``).
    repository : str, optional
        The artifact repository that the packages come from, ``snowflake.snowpark.pypi_shared_repository``
        say; by default that of the account.
    stage : str
        ``named`` (made if it is not there), ``named:STAGE`` or ``external:STAGE``, as for
        `SnowflakeWarehouse`.
    role : str, optional
        Who else may call the function: it gets its grants.
    warehouse : str, optional
        The warehouse that the scheduled forecast runs on; by default Snowflake's own compute (serverless).
    schedule : str
        When, as cron says it, in UTC. The default leaves the collector a minute after each quarter of
        an hour.

    Raises
    ------
    InputError
        If one of them is of another form, or a stage of a table or a user is named: functions import from
        named stages.

    Examples
    --------
    >>> import tempfile, evforecast as ev
    >>> panel = ev.simulate(n_evse=6, days=4, random_state=0)
    >>> path = f"{tempfile.mkdtemp()}/model.evf"
    >>> ev.Climatology([4]).fit(panel).save(path)
    >>> job = ForecastJob.of(path, name="champion", tz="Europe/Paris")
    >>> Deployment(job, runtime="3.12").prefix.split("-")[0]
    'evforecast'
    """

    job: ForecastJob
    runtime: str = "3.12"
    packages: tuple[str, ...] = PACKAGES
    repository: str | None = None
    stage: str = "named"
    role: str | None = None
    warehouse: str | None = None
    schedule: str = "1,16,31,46 * * * *"

    def __post_init__(self) -> None:
        require_choice(self.runtime, RUNTIMES, "runtime")
        if Stage.parse(self.stage).kind not in {"named", "external"}:
            msg = (
                f"Deployment: stage={self.stage!r}: functions import from a named stage. Write named, "
                "named:STAGE or external:STAGE."
            )
            raise InputError(msg)
        for package in self.packages:
            if not _PACKAGE.fullmatch(package):
                msg = (
                    f"Deployment: {package!r} is no package. Write a name, and a version after == "
                    "where one is wanted."
                )
                raise InputError(msg)
        if self.repository is not None and not _REPOSITORY.fullmatch(self.repository):
            msg = (
                f"Deployment: repository={self.repository!r} is no name of an artifact repository, "
                "like snowflake.snowpark.pypi_shared_repository."
            )
            raise InputError(msg)
        if not _CRON.fullmatch(self.schedule):
            msg = (
                f"Deployment: schedule={self.schedule!r}: five fields are needed (minute, hour, day, month, "
                "weekday), like '1,16,31,46 * * * *'."
            )
            raise InputError(msg)

    @property
    def prefix(self) -> str:
        """The folder of the stage, one a version of the package."""
        return f"evforecast-{__version__}"

    @property
    def location(self) -> str:
        """The folder as it stands in a statement."""
        return Stage.parse(self.stage).location(self.prefix)

    @property
    def model_file(self) -> str:
        """What the model's file is called there; another model, another name."""
        return f"{self.job.slug}-{self.job.sha256[:8]}.evf"
