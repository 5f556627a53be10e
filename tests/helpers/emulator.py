"""The emulator of Snowflake, taught and behind HTTP: as the library has it for notebooks too."""

from evforecast.testing.emulated import serving
from evforecast.testing.taught import taught

__all__ = ["serving", "taught"]
