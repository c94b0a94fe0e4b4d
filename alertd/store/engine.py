"""URL to engines; every difference between the databases stands here."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, Final, cast

from sqlalchemy import Engine, Insert, Table, create_engine, event
from sqlalchemy.dialects import sqlite
from sqlalchemy.engine import Connection, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import ArgumentError
from sqlalchemy.pool import QueuePool, StaticPool

from alertd.errors import ConfigError, StoreError

BUSY_MS: Final = 10_000
PRAGMAS: Final[dict[str, str | int]] = {
    "journal_mode": "wal",
    "synchronous": 2,
    "foreign_keys": 1,
    "busy_timeout": BUSY_MS,
    "secure_delete": 1,
}
"""What every connection sets and reads back; synchronous 2 is FULL (rule S1).

With secure_delete what is deleted, or moved within the file, leaves nothing readable behind: on
at all times, for what was moved before somebody is erased would stay.
"""


def sqlite_path(url: str) -> Path:
    """The file of a SQLite URL; ConfigError for any other URL."""
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise ConfigError(
            "database: not a database URL; write sqlite:////var/lib/alertd/alertd.db"
        ) from None
    if parsed.get_backend_name() != "sqlite":
        raise ConfigError(
            f"database: {parsed.get_backend_name()} is not supported by this version; "
            "write sqlite:////var/lib/alertd/alertd.db"
        )
    if parsed.database in (None, "", ":memory:"):
        raise ConfigError("database: a store in memory keeps nothing; write sqlite:////FILE")
    return Path(str(parsed.database)).absolute()


def writer(path: Path) -> Engine:
    """The one writing connection of a store: each transaction begins IMMEDIATE (rule S2)."""
    return _engine(path, begin="BEGIN IMMEDIATE", query_only=False, connections=1)


def reader(path: Path, connections: int) -> Engine:
    """Connections that can only read."""
    return _engine(path, begin="BEGIN", query_only=True, connections=connections)


def migrator(path: Path) -> Engine:
    """A connection for upgrades: a batch rebuild with foreign keys on would delete child rows."""
    return _engine(
        path, begin="BEGIN IMMEDIATE", query_only=False, connections=1, foreign_keys=False
    )


def copy_in_memory(path: Path) -> Engine:
    """An in-memory copy of a store, read and written through one connection."""

    def connect() -> sqlite3.Connection:
        copy = sqlite3.connect(":memory:", check_same_thread=False)
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as original:
            original.backup(copy)
        return copy

    engine = create_engine("sqlite://", creator=connect, poolclass=StaticPool)
    _begin_with(engine, "BEGIN")
    engine.connect().close()  # copies now: the file may go away
    return engine


def _engine(
    path: Path, *, begin: str, query_only: bool, connections: int, foreign_keys: bool = True
) -> Engine:
    engine = create_engine(
        f"sqlite:///{path}",
        poolclass=QueuePool,
        pool_size=connections,
        max_overflow=0,
        connect_args={"check_same_thread": False, "timeout": BUSY_MS / 1000},
    )

    @event.listens_for(engine, "connect")
    def prepare(connection: DBAPIConnection, _record: object) -> None:
        _set_pragmas(connection, query_only=query_only, foreign_keys=foreign_keys)

    _begin_with(engine, begin)
    return engine


def _begin_with(engine: Engine, statement: str) -> None:
    @event.listens_for(engine, "connect")
    def no_driver_transactions(connection: Any, _record: object) -> None:  # noqa: ANN401 - sqlite3's own connection
        connection.isolation_level = None  # the driver's own BEGIN comes too late: lost updates

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        connection.exec_driver_sql(statement)


def _set_pragmas(connection: DBAPIConnection, *, query_only: bool, foreign_keys: bool) -> None:
    cursor = connection.cursor()
    try:
        for name, value in (PRAGMAS | {"foreign_keys": int(foreign_keys)}).items():
            cursor.execute(f"PRAGMA {name}={value}")
            cursor.execute(f"PRAGMA {name}")
            got = cursor.fetchone()
            if got is None or str(got[0]) != str(value):
                raise StoreError(
                    f"the database refused {name}={value}: "
                    "put the store on a local disk that supports SQLite's write-ahead log"
                )
        if query_only:
            cursor.execute("PRAGMA query_only=ON")
    finally:
        cursor.close()


def insert_new(connection: Connection, table: Table, rows: Iterable[Mapping[str, object]]) -> None:
    """Insert rows, passing over those that a unique constraint already knows."""
    values = [dict(row) for row in rows]
    if values:
        connection.execute(ignoring(connection, table), values)


def ignoring(connection: Connection, table: Table) -> Insert:
    """An INSERT into ``table`` that passes over what a unique constraint already knows."""
    return _insert(connection, table).on_conflict_do_nothing()


def upsert(
    connection: Connection, table: Table, row: Mapping[str, object], *, key: Iterable[str]
) -> None:
    """Insert a row, or give the row with the same ``key`` columns its values."""
    names = list(key)
    changed = {name: value for name, value in row.items() if name not in names}
    made = _insert(connection, table).values(**row)
    connection.execute(made.on_conflict_do_update(index_elements=names, set_=changed))


def insert_many(
    connection: Connection,
    table: Table,
    columns: Sequence[str],
    rows: Sequence[Sequence[str | int]],
    *,
    key: Sequence[str] = (),
) -> None:
    """Insert very many rows of plain values, past SQLAlchemy's handling of each.

    ``columns`` stand in the order of the table.  A row that is there already gets its values
    by ``key``; without a key it is passed over.
    """
    made = _insert(connection, table)
    changed = {name: made.excluded[name] for name in columns if name not in key}
    wanted = (
        made.on_conflict_do_update(index_elements=key, set_=changed)
        if key
        else made.on_conflict_do_nothing()
    )
    if not rows:
        return
    ready = wanted.compile(dialect=connection.dialect, column_keys=list(columns))
    if ready.positiontup == list(columns):
        connection.exec_driver_sql(str(ready), [tuple(row) for row in rows])
    else:
        connection.execute(wanted, [dict(zip(columns, row, strict=True)) for row in rows])


def empty_log(path: Path) -> bool:
    """Bring the write-ahead log into the file and empty it; False while others read from it."""
    with closing(sqlite3.connect(path, timeout=BUSY_MS / 1000)) as connection:
        busy, *_ = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    return not busy


def _insert(connection: Connection, table: Table) -> sqlite.Insert:
    """The dialect's own INSERT: both know the same ON CONFLICT clauses."""
    if connection.dialect.name == "sqlite":
        return sqlite.insert(table)
    from sqlalchemy.dialects import postgresql  # noqa: PLC0415 - costs 0.07 s where it is not used

    return cast("sqlite.Insert", postgresql.insert(table))
