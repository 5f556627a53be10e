"""What those who write a forecaster need to prove that it keeps the promises, and a server for migrations."""

from evforecast.testing.conformance import CHECKS, check_forecaster
from evforecast.testing.postgres import postgres_server

__all__ = ["CHECKS", "check_forecaster", "postgres_server"]
