"""Names in SQL: quoted by one function, so that no name is ever read as SQL."""

from __future__ import annotations

import re
from dataclasses import dataclass

from evforecast.errors import InputError

__all__ = ["TableName", "literal", "quote"]

_PART = re.compile(r'\s*(?:"((?:[^"]|"")+)"|([^".\s]+))\s*(?:\.|$)')
_LONGEST = 255


def quote(name: str) -> str:
    """Return an identifier in double quotes: its case and every character stay as they are.

    Parameters
    ----------
    name : str
        A column, a table, a schema.

    Raises
    ------
    InputError
        If the name is empty, too long for a database, or holds a null character.

    Examples
    --------
    >>> print(quote('say "hi" twice'))
    "say ""hi"" twice"
    """
    if not name or "\0" in name or len(name) > _LONGEST:
        msg = (
            f"a name in SQL has 1 to {_LONGEST} characters and no null character, not {name[:40]!r}"
        )
        raise InputError(msg)
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """Return a text in single quotes, as PostgreSQL and DuckDB read it; a backslash is one.

    Examples
    --------
    >>> print(literal("it's"))
    'it''s'
    """
    return "'" + text.replace("'", "''") + "'"


@dataclass(frozen=True)
class TableName:
    """A table, with its schema and its database where they are said.

    Parameters
    ----------
    parts : tuple of str
        One to three names, the table's last.

    Raises
    ------
    InputError
        If there are none or more than three.

    Examples
    --------
    >>> TableName.parse('ev."Status"').sql
    '"ev"."Status"'
    >>> TableName.parse("status").renamed("status_new").sql
    '"status_new"'
    """

    parts: tuple[str, ...]

    def __post_init__(self) -> None:
        if not 1 <= len(self.parts) <= 3:
            msg = f"a table is named by 1 to 3 parts, not {len(self.parts)}: {self.parts!r}"
            raise InputError(msg)

    @classmethod
    def parse(cls, text: str | TableName) -> TableName:
        """Return the table that a text names: parts with dots between, in double quotes where they hold one.

        Raises
        ------
        InputError
            If the text is not of that form.
        """
        if isinstance(text, TableName):
            return text
        parts, place = [], 0
        while place < len(text):
            found = _PART.match(text, place)
            if found is None or (found.end() == len(text) and text.endswith(".")):
                msg = (
                    f"{text!r} is no table name. Write table, schema.table or database.schema.table, "
                    'with "double quotes" around a part that holds a dot or a space.'
                )
                raise InputError(msg)
            quoted, plain = found.groups()
            parts.append(quoted.replace('""', '"') if quoted else plain)
            place = found.end()
        return cls(tuple(parts))

    @property
    def name(self) -> str:
        """The table alone."""
        return self.parts[-1]

    @property
    def sql(self) -> str:
        """The name as it stands in a statement."""
        return ".".join(map(quote, self.parts))

    def renamed(self, name: str) -> TableName:
        """Return another table of the same schema."""
        return TableName((*self.parts[:-1], name))

    def __str__(self) -> str:
        """Return the name as `parse` reads it."""
        return ".".join(
            part if re.fullmatch(r"[^\".\s]+", part) else quote(part) for part in self.parts
        )
