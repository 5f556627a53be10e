"""Three people and their questions: the driver, the energy supplier, the park manager."""

from collections.abc import Mapping

from evforecast.usecases import driver, park, supplier
from evforecast.usecases.base import UseCase, probability_of

__all__ = ["USE_CASES", "UseCase", "driver", "park", "probability_of", "supplier"]

USE_CASES: Mapping[str, UseCase] = {
    case.name: case for case in (driver.DRIVER, supplier.SUPPLIER, park.PARK)
}
"""The use cases by name."""
