"""The rows of one table: a Parquet file for each payload of a day that is still going on, one for a day past.

A payload's own file counts for more than its rows in the file of the day. So a day may be put together, or
one payload read again, and be interrupted anywhere: no row is lost, none is there twice.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from evforecast.disk import flush_names, write_whole
from evforecast.errors import FileFormatError

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa
    import pyarrow.parquet as pq

__all__ = ["PAYLOAD", "Shelf", "as_arrow"]

PAYLOAD = "payload"
"""The column that says which payload a row is from."""
SUFFIX = ".parquet"

Within = tuple[str, np.datetime64, np.datetime64]


def as_arrow(frame: pd.DataFrame) -> pa.Table:
    """Return a frame as it is kept: plain text, no index, nothing of pandas.

    Raises
    ------
    ArrowInvalid, ArrowTypeError
        If a column mixes kinds.

    Examples
    --------
    >>> import pandas as pd
    >>> as_arrow(pd.DataFrame({"a": pd.Categorical(["x", None])})).to_pydict()
    {'a': ['x', None]}
    """
    import pyarrow as pa

    table = pa.Table.from_pandas(frame, preserve_index=False).replace_schema_metadata(None)
    fields = []
    for given in table.schema:
        kind = given.type.value_type if pa.types.is_dictionary(given.type) else given.type
        kind = pa.string() if pa.types.is_large_string(kind) else kind
        fields.append(pa.field(given.name, kind))
    return table.cast(pa.schema(fields))


class Shelf:
    """The files of one table.

    Parameters
    ----------
    folder : Path
        Made by the first rows.

    Examples
    --------
    >>> import tempfile
    >>> import pandas as pd
    >>> shelf = Shelf(Path(tempfile.mkdtemp()))
    >>> for name in ("a", "b"):
    ...     shelf.put("2026-11-28", name, as_arrow(pd.DataFrame({"n": [1, 2]})))
    >>> shelf.compact("2026-11-28", ["b", "a"])
    >>> shelf.read("2026-11-28", ["b", "a"]).to_pydict()["payload"]
    ['b', 'b', 'a', 'a']
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def day_path(self, day: str) -> Path:
        """Return the file of a day that was put together."""
        return self.folder / f"{day}{SUFFIX}"

    def path(self, day: str, payload: str) -> Path:
        """Return the payload's own file."""
        return self.folder / day / f"{payload}{SUFFIX}"

    def days(self) -> list[str]:
        """Return the days of which there are rows, in order."""
        return sorted({path.name.removesuffix(SUFFIX) for path in self.folder.glob("[0-9]*")})

    def put(self, day: str, payload: str, table: pa.Table) -> None:
        """Keep the rows of a payload, in place of those it had; none at all are kept only in such a place."""
        import pyarrow as pa
        import pyarrow.parquet as pq

        path = self.path(day, payload)
        if table.num_rows or path.exists() or self.day_path(day).exists():
            sink = pa.BufferOutputStream()
            pq.write_table(table, sink, compression="zstd")
            # They can be read from the archive again: a power cut may take them, recovery sees that.
            write_whole(path, sink.getvalue(), flush=False)

    def counts(self, day: str, *, is_thorough: bool = False) -> dict[str, int]:
        """Return how many rows each payload of a day has here.

        One whose own file is cut short is left out; if the look is thorough, one that is damaged anywhere.
        """
        import pyarrow as pa
        import pyarrow.parquet as pq

        counts: dict[str, int] = {}
        if self.day_path(day).exists():
            column = _read(self.day_path(day), columns=None if is_thorough else [])[PAYLOAD]
            counts = {
                pair["values"].as_py(): pair["counts"].as_py() for pair in column.value_counts()
            }
        for payload in self._own(day):
            path = self.path(day, payload)
            try:
                counts[payload] = (
                    _read(path).num_rows if is_thorough else pq.read_metadata(path).num_rows
                )
            except (FileFormatError, pa.ArrowInvalid, OSError):
                counts.pop(payload, None)
        return counts

    def ids(self, day: str, payloads: Sequence[str]) -> set[str] | None:
        """Return the chargers in some payloads' own files; None where there is no such file or column."""
        found: set[str] = set()
        for name in payloads:
            path = self.path(day, name)
            table = _read(path, columns=["evse_id"]) if path.exists() else None
            if table is None or "evse_id" not in table.column_names:
                return None
            found.update(map(str, table["evse_id"].to_pylist()))
        return found

    def read(
        self,
        day: str,
        order: Sequence[str],
        *,
        columns: Sequence[str] | None = None,
        within: Within | None = None,
        coded: Sequence[str] = (),
    ) -> pa.Table:
        """Return the rows of a day, those of one payload together.

        Safe beside a process that puts the day together: the payloads' own files are read before the day's.

        Parameters
        ----------
        day : str
        order : sequence of str
            The payloads in the order in which they came.
        columns : sequence of str, optional
            The columns wanted, those that there are; all by default.
        within : tuple, optional
            A column, and from and until when its times are wanted.
        coded : sequence of str
            Columns of text to return as codes and a list of words.

        Raises
        ------
        FileFormatError
            If a file is damaged.
        """
        import pyarrow as pa
        import pyarrow.compute as pc

        def rows(path: Path) -> pa.Table:
            return _read(path, columns=columns, within=within, coded=coded)

        while True:
            try:
                own = {name: rows(self.path(day, name)) for name in self._own(day)}
                break
            except FileNotFoundError:  # put together meanwhile: the day's file has them
                continue
        parts = []
        if self.day_path(day).exists():
            whole = rows(self.day_path(day))
            if own:
                names = whole[PAYLOAD].cast(pa.string())
                whole = whole.filter(pc.invert(pc.is_in(names, pa.array(list(own)))))
            parts.append(whole)
        for name, table in own.items():
            codes = pa.repeat(pa.scalar(0, pa.int32()), table.num_rows)
            column = pa.DictionaryArray.from_arrays(codes, pa.array([name]))
            parts.append(table.append_column(PAYLOAD, column))
        parts = [part for part in parts if part.num_rows] or parts[:1]
        if not parts:
            return pa.table({PAYLOAD: pa.array([], pa.dictionary(pa.int32(), pa.string()))})
        table = pa.concat_tables(parts, promote_options="permissive").unify_dictionaries()
        return _sorted(table.combine_chunks(), order) if own else table.combine_chunks()

    def compact(self, day: str, order: Sequence[str]) -> None:
        """Put the rows of a day into one file, on the disk when this returns.

        Parameters
        ----------
        day : str
            It may have been put together before.
        order : sequence of str
            The payloads in the order in which they came.

        Raises
        ------
        FileFormatError
            If a file is damaged.
        """
        import pyarrow as pa
        import pyarrow.parquet as pq

        own = self._own(day)
        if own:
            sink = pa.BufferOutputStream()
            pq.write_table(self.read(day, order), sink, compression="zstd")
            write_whole(self.day_path(day), sink.getvalue(), flush=True)
            for payload in own:
                self.path(day, payload).unlink()
        folder = self.folder / day
        if folder.is_dir():
            folder.rmdir()
            flush_names(self.folder)

    def _own(self, day: str) -> list[str]:
        names = (path.name for path in (self.folder / day).glob(f"[!.]*{SUFFIX}"))
        return sorted(name.removesuffix(SUFFIX) for name in names)


def _read(
    path: Path,
    *,
    columns: Sequence[str] | None = None,
    within: Within | None = None,
    coded: Sequence[str] = (),
) -> pa.Table:
    """Return the rows of a file; of `columns` those that it has, and which payload they are from."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with path.open("rb") as handle:
            file = pq.ParquetFile(handle, read_dictionary=list(coded))
            names = file.schema_arrow.names
            wanted = names
            if columns is not None:
                time = [within[0]] if within else []
                asked = dict.fromkeys([*columns, *time, PAYLOAD])
                wanted = [name for name in asked if name in names]
            if within and _is_outside(file.metadata, within):
                return file.schema_arrow.empty_table().select(wanted)
            # One thread: files are small, and this process may be a fork of one that had threads.
            table = file.read(columns=wanted, use_threads=False)
    except FileNotFoundError:
        raise
    except (pa.ArrowInvalid, OSError) as error:
        msg = (
            f"{path}: the rows cannot be read ({error}). Restore the file from a backup; or delete it, and "
            "read the archive again with reparse."
        )
        raise FileFormatError(msg) from error
    return _filtered(table, within) if within else table


def _is_outside(metadata: pq.FileMetaData, within: Within) -> bool:
    """Return whether no time of a file lies within; it keeps the least and the greatest of each column."""
    name, since, until = within
    for number in range(metadata.num_row_groups):
        group = metadata.row_group(number)
        found = [group.column(place) for place in range(group.num_columns)]
        known = next((one.statistics for one in found if one.path_in_schema == name), None)
        if known is None or not known.has_min_max:
            return False
        if np.datetime64(known.max, "s") >= since and np.datetime64(known.min, "s") < until:
            return False
    return True


def _filtered(table: pa.Table, within: Within) -> pa.Table:
    name, since, until = within
    times = table[name].to_numpy().astype("datetime64[s]")
    keep = (times >= since) & (times < until)
    return table if keep.all() else table.filter(keep)


def _sorted(table: pa.Table, order: Sequence[str]) -> pa.Table:
    """Return the table with the payloads in order; the rows of each stay as they are."""
    if not table.num_rows:
        return table
    column = table[PAYLOAD].chunk(0)
    place = {name: number for number, name in enumerate(order)}
    ranks = np.array([place.get(name, -1) for name in column.dictionary.to_pylist()])
    rank = ranks[column.indices.to_numpy(zero_copy_only=False)]
    if (np.diff(rank) >= 0).all():
        return table
    return table.take(np.argsort(rank, kind="stable"))
