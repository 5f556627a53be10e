"""From kept rows to frames: times in seconds, and of rows with the same key the one collected later."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import pandas as pd

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["as_frame", "latest"]


def as_frame(tables: Sequence[pa.Table]) -> pd.DataFrame:
    """Return tables one below another; columns that one of them lacks are missing there.

    Parameters
    ----------
    tables : sequence of pyarrow.Table

    Returns
    -------
    pandas.DataFrame
        Times are ``datetime64[s]``, words that were kept as codes are plain text again.

    Examples
    --------
    >>> import pyarrow as pa
    >>> as_frame([pa.table({"a": [1]}), pa.table({"b": [2]})]).shape
    (2, 2)
    """
    import pyarrow as pa

    if not tables:
        return pd.DataFrame()
    whole = pa.concat_tables(tables, promote_options="permissive")
    plain = [
        pa.field(field.name, field.type.value_type) if pa.types.is_dictionary(field.type) else field
        for field in whole.schema
    ]
    frame: pd.DataFrame = whole.cast(pa.schema(plain)).to_pandas(date_as_object=False)
    times = frame.select_dtypes("datetime").columns
    return frame.astype(dict.fromkeys(times, "datetime64[s]"))


def latest(frame: pd.DataFrame, key: Sequence[str]) -> pd.DataFrame:
    """Return the last of the rows of each key, in the order of those.

    Examples
    --------
    >>> latest(pd.DataFrame({"a": [1, 2, 1], "n": [1, 2, 3]}), ["a"]).n.tolist()
    [2, 3]
    """
    return frame.drop_duplicates(list(key), keep="last", ignore_index=True)
