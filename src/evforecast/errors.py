"""The errors of the library: one tree, every message says what, where, what was found and what to do.

Each class is also a builtin error (``ValueError``, ``ImportError``, …), so that code which knows nothing
of evforecast still catches it, and each keeps the facts it talks about as attributes.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping

__all__ = [
    "AmbiguousTimeError",
    "DuplicateObservationError",
    "EmptyInputError",
    "EvForecastError",
    "FileFormatError",
    "HorizonError",
    "InputError",
    "IrregularTimeError",
    "LeakageError",
    "MissingColumnsError",
    "MissingExtraError",
    "NaiveTimeError",
    "NotFittedError",
    "SchemeMismatchError",
    "StepMismatchError",
    "TerminalError",
    "TransientError",
    "UnknownChargerError",
    "UnknownStatusError",
]

_SHOWN = 3


def first_few(values: Iterable[object]) -> str:
    """Return the first three of `values` as text, and how many more there are.

    Examples
    --------
    >>> first_few(["a", "b", "c", "d"])
    "'a', 'b', 'c' and 1 more"
    """
    listed = [repr(value) for value in values]
    more = len(listed) - _SHOWN
    return ", ".join(listed[:_SHOWN]) + (f" and {more:,} more" if more > 0 else "")


def require_choice(value: object, choices: Iterable[str], where: str) -> None:
    """Raise InputError unless `value` is one of `choices`: a misspelt option is never another option.

    Examples
    --------
    >>> require_choice("first", ("raise", "first"), "duplicates")
    """
    known = tuple(choices)
    if value not in known:
        near = difflib.get_close_matches(str(value), known, n=1)
        hint = f" Did you mean {near[0]!r}?" if near else ""
        msg = f"{where}={value!r} is no choice; choose among {', '.join(map(repr, known))}.{hint}"
        raise InputError(msg)


class EvForecastError(Exception):
    """The root of every error that evforecast raises on purpose."""

    def __reduce__(self) -> tuple[object, ...]:
        """Travel between processes with its message and its facts, whatever made them."""
        return _rebuilt, (type(self), self.args, dict(self.__dict__))


def _rebuilt(
    cls: type[EvForecastError], args: tuple[object, ...], facts: dict[str, object]
) -> EvForecastError:
    error = cls.__new__(cls, *args)
    error.args = args
    error.__dict__.update(facts)
    return error


class InputError(EvForecastError, ValueError):
    """An argument or an input that cannot be used as it is."""


class EmptyInputError(InputError):
    """An input that holds no row, no charger or no observed status."""


class FileFormatError(InputError):
    """A file that is not of the format that its reader expects: shape, encoding, or cut short."""


class MissingColumnsError(InputError):
    """A table lacks columns; `missing` and `available` keep both lists."""

    def __init__(self, missing: Iterable[str], available: Iterable[str], where: str) -> None:
        self.missing = list(missing)
        self.available = list(available)
        super().__init__(
            f"{where}: columns missing: {', '.join(map(repr, self.missing))}; found: "
            f"{', '.join(map(repr, self.available)) or 'none'}. "
            "Rename the columns, or name them where the call takes names."
        )


class NaiveTimeError(InputError):
    """Times without a zone where the zone was not said either."""

    def __init__(self, where: str, example: object) -> None:
        self.example = example
        super().__init__(
            f"{where}: times carry no zone (the first is {example}). "
            'Say which clock wrote them, for example tz="Europe/Paris" or tz="UTC".'
        )


class AmbiguousTimeError(InputError):
    """A local time that occurs twice, or never, because the clocks changed; `times` lists them."""

    def __init__(self, where: str, times: Iterable[object], tz: str, kind: str) -> None:
        self.times = list(times)
        self.tz = tz
        advice = (
            "Keep the rows of each charger in the order they were written (sorting by local time loses it), "
            "pass times with their zone, or say ambiguous='first' (summer time) or 'second' (winter time)."
        )
        if kind == "never occurred":
            advice = "The clock jumped over them: is tz the clock that wrote them? Else correct those rows."
        super().__init__(
            f"{where}: {len(self.times):,} local times {kind} in {tz}: "
            f"{first_few(map(str, self.times))}. {advice}"
        )


class IrregularTimeError(InputError):
    """Times that do not lie on the grid of the step."""


class DuplicateObservationError(InputError):
    """Two statuses for one charger at one time; `count` says how many such pairs."""

    def __init__(self, where: str, count: int, examples: Iterable[object]) -> None:
        self.count = count
        self.examples = list(examples)
        super().__init__(
            f"{where}: {count:,} rows repeat a (charger, time) that stands there already: "
            f"{first_few(self.examples)}. Pass duplicates='last' or 'first' to keep one of them."
        )


class UnknownStatusError(InputError):
    """Words that the vocabulary of a feed does not know; `counts` maps each to how often it came."""

    def __init__(
        self,
        where: str,
        counts: Mapping[str, int],
        known: Iterable[str],
        advice: str = "Translate the words of a feed first, with a Vocabulary or a map of your own.",
    ) -> None:
        self.counts = dict(counts)
        self.known = list(known)
        lines = []
        for word, count in sorted(self.counts.items(), key=lambda item: -item[1]):
            near = difflib.get_close_matches(word, self.known, n=2, cutoff=0.5)
            hint = f", perhaps {' or '.join(map(repr, near))}" if near else ""
            lines.append(f"  {word!r} x {count:,}{hint}")
        super().__init__(
            f"{where}: {len(self.counts)} unknown status word(s):\n"
            + "\n".join(lines)
            + f"\nKnown: {', '.join(map(repr, self.known))}. "
            + advice
        )


class UnknownChargerError(EvForecastError, KeyError):
    """Charger ids that the panel does not have; `unknown` lists them."""

    def __init__(self, unknown: Iterable[str], n_known: int) -> None:
        self.unknown = list(unknown)
        self._message = (
            f"{len(self.unknown):,} evse_id not among the {n_known:,} chargers here: "
            f"{first_few(self.unknown)}. See panel.evse for the ids."
        )
        super().__init__(self._message)

    def __str__(self) -> str:
        """Return the message without the quotes that KeyError adds."""
        return self._message


class SchemeMismatchError(InputError):
    """Two sets of status names that differ where one was needed."""


class StepMismatchError(InputError):
    """Two time steps that differ where one was needed."""


class HorizonError(InputError):
    """A horizon that is not a positive number of steps, or that a model was not fitted for."""


class LeakageError(InputError):
    """A model has seen, or was offered, what it could not have known at the cutoff."""


class NotFittedError(EvForecastError, ValueError, AttributeError):
    """A forecaster was asked for a forecast before `fit`."""


class MissingExtraError(EvForecastError, ImportError):
    """An optional dependency is not installed; the message holds the line to type."""

    def __init__(self, extra: str, package: str) -> None:
        self.extra = extra
        self.package = package
        super().__init__(
            f"{package} is not installed. Type: pip install 'evforecast[{extra}]'", name=package
        )


class TransientError(EvForecastError):
    """A failure that may pass: the same call may succeed later, so it is retried."""


class TerminalError(EvForecastError):
    """A failure that will not pass by itself: never retried."""
