"""`Stage`: where files wait between this machine and a table."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from evforecast.errors import InputError
from evforecast.warehouse.naming import TableName, quote

__all__ = ["Stage", "check_file_name"]

_FILE = re.compile(r"[A-Za-z0-9_.-]+")
_FOLDERS = re.compile(r"[A-Za-z0-9_.-]+(/[A-Za-z0-9_.-]+)*")
_STAGE = re.compile(r'(?:(?:[A-Za-z_][\w$]*|"[^"\']+")\.){0,2}(?:[A-Za-z_][\w$]*|"[^"\']+")')
_DEFAULT = "evforecast_stage"
_KINDS = 'Write "named", "named:STAGE", "user", "table:TABLE", "external:STAGE" or "external:STAGE/FOLDER"'


def check_file_name(name: str) -> str:
    """Return the name of a file if it needs no quoting anywhere, else raise InputError.

    Snowflake, the connector and the cloud below quote names by rules of their own, and each by others: what
    needs no quoting arrives as it is.

    Examples
    --------
    >>> check_file_name("part-0001.csv.zst")
    'part-0001.csv.zst'
    """
    if not _FILE.fullmatch(name) or set(name) == {"."}:
        msg = f"{name!r}: a file in a stage is named with letters, digits, '_', '.' and '-' only. Rename it."
        raise InputError(msg)
    return name


@dataclass(frozen=True)
class Stage:
    """A stage of Snowflake.

    Parameters
    ----------
    kind : {'named', 'table', 'user', 'external'}
    name : str
        As it stands in a statement, after the ``@``.
    folder : str
        Inside it, with a slash at the end; mostly nothing.

    Examples
    --------
    >>> Stage.parse("named").location("run-7")
    '@evforecast_stage/run-7/'
    >>> Stage.parse("table:ev.status").location("run-7")
    '@"ev".%"status"/run-7/'
    """

    kind: Literal["named", "table", "user", "external"]
    name: str
    folder: str = ""

    @classmethod
    def parse(cls, text: str) -> Stage:
        """Return the stage that a text names.

        Raises
        ------
        InputError
            If it names none.
        """
        kind, colon, name = text.partition(":")
        if text == "user":
            return cls("user", "~")
        if kind == "table" and name:
            table = TableName.parse(name)
            before = "".join(f"{quote(part)}." for part in table.parts[:-1])
            return cls("table", f"{before}%{quote(table.name)}")
        if kind == "named" and _STAGE.fullmatch(name if colon else _DEFAULT):
            return cls("named", name or _DEFAULT)
        if kind == "external":
            name, _, folder = name.removeprefix("@").partition("/")
            folder = folder.strip("/")
            if _STAGE.fullmatch(name) and (not folder or _FOLDERS.fullmatch(folder)):
                return cls("external", name, f"{folder}/" if folder else "")
        msg = f"stage={text!r} names no stage. {_KINDS}."
        raise InputError(msg)

    def location(self, prefix: str) -> str:
        """Return the folder of a run, as it stands in a statement, with a slash at the end.

        Without that slash ``run-1`` would also be ``run-10``.

        Raises
        ------
        InputError
            If the prefix is empty, or has characters that would need quoting.
        """
        if not _FOLDERS.fullmatch(prefix) or any(set(part) == {"."} for part in prefix.split("/")):
            msg = (
                f"prefix {prefix!r}: folders of a stage are named with letters, digits, '_', '.' and '-', "
                "with slashes between."
            )
            raise InputError(msg)
        return f"@{self.name}/{self.folder}{prefix}/"
