"""The store: the only keeper of state, and the only thing between two stages.

``Store`` is async and has three ways in: ``run`` (one call, one transaction, one commit),
``read`` (the same, unable to write) and ``settle`` (may share its commit).  What runs inside
is given a ``Tx`` or ``Rx``, whose verbs are synchronous and speak core values.
"""

from __future__ import annotations

import asyncio
import logging
import os
import secrets
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final, TypeVar

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from alertd.core.outbox import Delivery, Settlement
from alertd.errors import StoreError
from alertd.owner import become_owner
from alertd.store import engine as engines
from alertd.store.deliveries import ReadDeliveries
from alertd.store.erasure import ReadErasure, WriteErasure
from alertd.store.imports import ReadImports, WriteImports
from alertd.store.life import ReadLife, WriteLife
from alertd.store.migrations import HEAD
from alertd.store.outbox import WriteOutbox
from alertd.store.rows import METADATA
from alertd.store.verdicts import ReadVerdicts, WriteVerdicts

log = logging.getLogger(__name__)
T = TypeVar("T")
READERS: Final = 2
MIGRATION_SECONDS: Final = 3600
VERSION_TABLE: Final = (
    "CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL, "
    "CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num))"
)
"""As Alembic itself makes it."""


class Rx(ReadDeliveries, ReadLife, ReadErasure, ReadImports, ReadVerdicts):
    """A transaction that can only ask."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection


class Tx(WriteOutbox, WriteLife, WriteErasure, WriteImports, WriteVerdicts):
    """A transaction that can ask and write."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection


@dataclass(slots=True)
class _Settling:
    item: Delivery
    settlement: Settlement
    now: datetime
    done: asyncio.Future[bool]


class Store:
    """One database and the threads that speak to it."""

    def __init__(self, writer: Engine, reader: Engine, *, path: Path | None, is_new: bool) -> None:
        self.path = path
        self.is_new = is_new
        self._writer, self._reader = writer, reader
        self._writing = ThreadPoolExecutor(1, "alertd-write")
        shared = writer is reader
        self._reading = self._writing if shared else ThreadPoolExecutor(READERS, "alertd-read")
        self._settling: list[_Settling] = []
        self._flushing: asyncio.Task[None] | None = None

    @classmethod
    async def open(cls, url: str, now: datetime) -> Store:
        """Open the store, making or upgrading it first; StoreError says what stands in the way."""
        path = engines.sqlite_path(url)
        become_owner(path)
        await asyncio.to_thread(prepare, path)
        store = cls(engines.writer(path), engines.reader(path, READERS), path=path, is_new=False)
        store.is_new = await store.run(lambda tx: tx.found(secrets.token_hex(32), now))
        return store

    @classmethod
    async def open_copy(cls, url: str, now: datetime) -> Store:
        """Open an in-memory copy, of an empty store where there is none.

        Whatever is done to it, the store on disk stays as it is.
        """
        path = engines.sqlite_path(url)
        become_owner(path)
        copy = await asyncio.to_thread(_copied, path)
        store = cls(copy, copy, path=None, is_new=False)
        store.is_new = await store.run(lambda tx: tx.found(secrets.token_hex(32), now))
        return store

    async def run(self, work: Callable[[Tx], T]) -> T:
        """Run ``work`` in one writing transaction and commit it; StoreError undoes it whole."""
        return await self._do(self._writing, self._writer, Tx, work)

    async def read(self, work: Callable[[Rx], T]) -> T:
        """Run ``work`` in one reading transaction."""
        return await self._do(self._reading, self._reader, Rx, work)

    async def settle(self, item: Delivery, settlement: Settlement, now: datetime) -> bool:
        """Write what became of a send, as soon as the writer is free.

        Outcomes that wait meanwhile share the commit, each in its own savepoint; none waits
        for others to come.  False when the lease was lost.
        """
        loop = asyncio.get_running_loop()
        entry = _Settling(item, settlement, now, loop.create_future())
        self._settling.append(entry)
        if self._flushing is None:
            self._begin_flush()
        return await entry.done

    async def close(self) -> None:
        """Let what is being written end, and close."""
        while self._flushing is not None:
            await asyncio.wait([self._flushing])
        self._writing.shutdown()
        self._reading.shutdown()
        self._writer.dispose()
        self._reader.dispose()

    async def _do(
        self,
        threads: ThreadPoolExecutor,
        engine: Engine,
        kind: Callable[[Connection], object],
        work: Callable[..., T],
    ) -> T:
        def transaction() -> T:
            try:
                with engine.begin() as connection:
                    return work(kind(connection))
            except SQLAlchemyError as error:
                raise StoreError(_in_words(error)) from error

        return await asyncio.get_running_loop().run_in_executor(threads, transaction)

    def _begin_flush(self) -> None:
        self._flushing = asyncio.get_running_loop().create_task(self._flush())
        self._flushing.add_done_callback(self._end_flush)

    def _end_flush(self, flush: asyncio.Task[None]) -> None:
        """Go on with what came while a flush failed, and tell of its fault."""
        self._flushing = None
        if flush.cancelled():
            return
        fault = flush.exception()
        if fault is not None:
            log.error("settling crashed", exc_info=fault)
        if self._settling:
            self._begin_flush()

    async def _flush(self) -> None:
        while self._settling:
            batch, self._settling = self._settling, []
            await self._flush_batch(batch)

    async def _flush_batch(self, batch: list[_Settling]) -> None:
        unknown = StoreError("what became of a message could not be written: see the log")
        results: list[bool | StoreError] = [unknown] * len(batch)
        try:
            results = await self.run(lambda tx: [_settle_one(tx, entry) for entry in batch])
        except StoreError as error:
            results = [error] * len(batch)
        finally:
            _report(batch, results)


def _report(batch: list[_Settling], results: list[bool | StoreError]) -> None:
    """Tell whoever waits for an outcome to be written; nobody is left waiting."""
    for entry, result in zip(batch, results, strict=True):
        if entry.done.cancelled():
            continue
        if isinstance(result, StoreError):
            entry.done.set_exception(result)
        else:
            entry.done.set_result(result)


def prepare(path: Path) -> None:
    """Make or upgrade the store in ``path``, in a process of its own.

    StoreError for a file that is no store, is newer than this program, or cannot be written.
    """
    _make_file(path)
    version = _version(path)
    if version is None:
        _create(path)
        return
    if version == HEAD:
        return
    if version > HEAD:
        raise StoreError(f"{path}: made by a newer alertd ({version}): install that one again")
    done = subprocess.run(  # noqa: S603 - our own interpreter and module
        [sys.executable, "-m", "alertd.store.migrate", str(path), version],
        capture_output=True,
        text=True,
        timeout=MIGRATION_SECONDS,
        check=False,
    )
    if done.returncode:
        said = done.stderr.strip().splitlines() or ["no reason given"]
        raise StoreError(f"{path}: could not be upgraded: {said[-1]}")


def _create(path: Path) -> None:
    """Make the tables at once; a test holds the result to what all migrations come to."""
    engine = engines.migrator(path)
    try:
        with engine.begin() as connection:
            if connection.dialect.has_table(connection, "alembic_version"):
                return  # another process was first
            METADATA.create_all(connection)
            connection.exec_driver_sql(VERSION_TABLE)
            connection.exec_driver_sql("INSERT INTO alembic_version VALUES (?)", (HEAD,))
    except SQLAlchemyError as error:
        raise StoreError(_in_words(error)) from error
    finally:
        engine.dispose()


def _copied(path: Path) -> Engine:
    """A store in memory, brought to this version there and not on disk."""
    with tempfile.TemporaryDirectory(prefix="alertd-") as folder:
        aside = Path(folder) / "store.db"
        if path.exists() and path.stat().st_size:
            with (
                closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as original,
                closing(sqlite3.connect(aside)) as target,
            ):
                original.backup(target)
        prepare(aside)
        return engines.copy_in_memory(aside)


def _make_file(path: Path) -> None:
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
    except OSError as error:
        raise StoreError(
            f"{path}: {error.strerror}: name another file under database, "
            "or give alertd's user this one"
        ) from error


def _version(path: Path) -> str | None:
    try:
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
            if not connection.execute("SELECT name FROM sqlite_master").fetchall():
                return None
            row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    except sqlite3.DatabaseError as error:
        if any(sign in str(error) for sign in ("readonly", "unable to open")):
            raise StoreError(
                f"{path}: cannot be opened ({error}): give alertd's user the file and its folder"
            ) from error
        raise StoreError(f"{path}: not a store of alertd ({error}): name another file") from error
    return None if row is None else str(row[0])


def _settle_one(tx: Tx, entry: _Settling) -> bool | StoreError:
    try:
        with tx.connection.begin_nested():
            return tx.settle(entry.item, entry.settlement, entry.now)
    except SQLAlchemyError as error:
        return StoreError(_in_words(error))


def _in_words(error: SQLAlchemyError) -> str:
    said = str(error.orig if isinstance(error, DBAPIError) else error).splitlines()[0]
    for sign, advice in (
        ("full", "the disk is full: make room; nothing is lost and nothing is sent meanwhile"),
        ("locked", "another process has held the store for too long: see who uses it"),
        ("readonly", "the store cannot be written: give alertd's user the file and its folder"),
    ):
        if sign in said:
            return f"{advice} ({said})"
    return f"the store failed: {said}"
