"""Models on disk: immutable versions with a card, and names that point at them."""

from evforecast.registry.aliases import AliasEvent
from evforecast.registry.card import ModelCard
from evforecast.registry.errors import (
    ConflictError,
    DamagedError,
    RegistryError,
    UnknownVersionError,
)
from evforecast.registry.mlflow import log_to_mlflow
from evforecast.registry.registry import Registry
from evforecast.registry.version import ModelVersion, load_version

__all__ = [
    "AliasEvent",
    "ConflictError",
    "DamagedError",
    "ModelCard",
    "ModelVersion",
    "Registry",
    "RegistryError",
    "UnknownVersionError",
    "load_version",
    "log_to_mlflow",
]
