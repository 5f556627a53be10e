"""What those who write a forecaster need to prove that it keeps the promises."""

from evforecast.testing.conformance import CHECKS, check_forecaster

__all__ = ["CHECKS", "check_forecaster"]
