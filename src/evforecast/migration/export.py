"""The export: slices of one snapshot, streamed to a file each, on several connections side by side."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evforecast.migration.errors import LostConnectionError
from evforecast.migration.parts import Part, PartWriter
from evforecast.migration.source import SourceTable, connected, copy_rows, snapshot
from evforecast.warehouse.base import FileFormat
from evforecast.warehouse.columns import Column

__all__ = ["Exporter", "Task"]

_CHUNK = 2**20  # bytes handed to the compressor at once
_ATTEMPTS = 3


@dataclass(frozen=True)
class Task:
    """One file to export.

    Attributes
    ----------
    slice_label : str
        The slice whose rows it holds, or some of whose rows.
    name : str
        Of the file.
    where : str
        The condition of its rows.
    """

    slice_label: str
    name: str
    where: str


@dataclass(frozen=True)
class Exporter:
    """What all files of an export have in common.

    Attributes
    ----------
    dsn : str
        PostgreSQL's address.
    source : SourceTable
    columns : sequence of Column
    file_format : FileFormat
    folder : Path
        Where the files go.
    tell : callable
        Called with the bytes of CSV as they come.
    """

    dsn: str
    source: SourceTable
    columns: Sequence[Column]
    file_format: FileFormat
    folder: Path
    tell: Callable[[int], None]

    async def export(
        self,
        tasks: Sequence[Task],
        *,
        snapshot_name: str,
        workers: int,
        done: Callable[[Task, Part], None],
    ) -> None:
        """Write the files, `workers` at a time, and hand each to `done` when it is whole.

        Raises
        ------
        LostConnectionError
            If the server went away. A single connection that breaks is made again: the snapshot lives as
            long as the connection that took it.
        """
        todo = list(reversed(tasks))

        async def work() -> None:
            failures = 0
            while todo:
                try:
                    async with (
                        connected(self.dsn) as connection,
                        snapshot(connection, snapshot_name),
                    ):
                        while todo:
                            task = todo.pop()
                            try:
                                part = await self._export_one(connection, task)
                            except BaseException:
                                todo.append(task)
                                raise
                            done(task, part)
                            failures = 0
                except LostConnectionError:
                    failures += 1
                    if failures == _ATTEMPTS:
                        raise
                    await asyncio.sleep(0.2 * failures)

        async with asyncio.TaskGroup() as group:
            for _ in range(min(workers, len(tasks))):
                group.create_task(work())

    async def _export_one(self, connection: Any, task: Task) -> Part:
        start = time.perf_counter()
        writer = PartWriter(self.folder / task.name, self.columns, self.file_format)
        try:
            stream = _Stream(writer, self.tell)
            query = self.source.select(self.columns, written=True, where=task.where)
            rows = await copy_rows(connection, query, stream.take)
            await stream.finish()
            return await asyncio.to_thread(
                lambda: writer.close(rows=rows, seconds=time.perf_counter() - start)
            )
        except BaseException:
            writer.abandon()
            raise


class _Stream:
    """Gathers what comes into chunks; compresses one in a thread while the next is read."""

    def __init__(self, writer: PartWriter, tell: Callable[[int], None]) -> None:
        self.writer, self.tell = writer, tell
        self.waiting: list[bytes] = []
        self.size = 0
        self.busy: asyncio.Future[None] | None = None

    async def take(self, data: bytes) -> None:
        self.waiting.append(data)
        self.size += len(data)
        if self.size >= _CHUNK:
            await self._send()

    async def _send(self) -> None:
        chunk, self.waiting, size, self.size = b"".join(self.waiting), [], self.size, 0
        if self.busy is not None:
            await self.busy
        self.tell(size)
        self.busy = asyncio.get_running_loop().run_in_executor(None, self.writer.write, chunk)

    async def finish(self) -> None:
        await self._send()
        if self.busy is not None:
            await self.busy
