"""The store's versions: all of them together are what the tables say, and nothing is lost."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from alembic import command
from alembic.script import ScriptDirectory

from alertd.errors import StoreError
from alertd.store import Rx, Store, prepare
from alertd.store.engine import PRAGMAS, reader, writer
from alertd.store.lock import sole_use
from alertd.store.migrate import back_up, configuration
from alertd.store.migrations import HEAD
from tests.conftest import Clock


def schema(path: Path) -> dict[str, str]:
    """Every table and index as the database keeps it, white space aside."""
    with closing(sqlite3.connect(path)) as connection:
        rows = connection.execute("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL")
        return {name: " ".join(sql.replace('"', "").split()) for name, sql in rows}


def columns(path: Path) -> dict[str, set[tuple[object, ...]]]:
    """The columns of every table, whatever their order of constraints."""
    with closing(sqlite3.connect(path)) as connection:
        return {
            name: {row[1:] for row in connection.execute(f"PRAGMA table_info({name})")}
            for name in schema(path)
            if not name.startswith(("ix_", "sqlite_"))
        }


def test_all_migrations_come_to_the_tables_as_they_are_declared(
    empty_store: Path, tmp_path: Path
) -> None:
    migrated = tmp_path / "migrated.db"
    migrated.touch()
    command.upgrade(configuration(migrated), "head")
    assert schema(migrated).keys() == schema(empty_store).keys()
    assert columns(migrated) == columns(empty_store)


def test_the_newest_version_is_the_one_that_is_written(tmp_path: Path) -> None:
    script = ScriptDirectory.from_config(configuration(tmp_path / "none.db"))
    assert script.get_current_head() == HEAD


def test_a_store_of_a_newer_program_is_refused(store_path: Path) -> None:
    with closing(sqlite3.connect(store_path)) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(StoreError, match="newer alertd"):
        prepare(store_path)


def test_a_file_that_is_no_store_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("shopping: bread, butter, and a file that is no database at all" * 20)
    before = path.read_bytes()
    with pytest.raises(StoreError, match="not a store of alertd"):
        prepare(path)
    assert path.read_bytes() == before


def test_S8_a_copy_is_kept_before_an_upgrade(store_path: Path) -> None:
    copy = back_up(store_path, "0000")
    assert schema(copy) == schema(store_path)
    assert copy.stat().st_mode & 0o777 == 0o600


def test_a_failed_upgrade_is_one_line(tmp_path: Path) -> None:
    path = tmp_path / "broken.db"
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL)")
        connection.execute("INSERT INTO alembic_version VALUES ('0000')")
    with pytest.raises(StoreError, match="could not be upgraded"):
        prepare(path)


def test_S1_S2_every_connection_reads_its_pragmas_back(store_path: Path) -> None:
    for engine in (writer(store_path), reader(store_path, 2)):
        with engine.connect() as connection:
            for name, value in PRAGMAS.items():
                got = connection.exec_driver_sql(f"PRAGMA {name}").scalar()
                assert str(got) == str(value)
        engine.dispose()


def test_files_of_the_store_are_its_owners_alone(tmp_path: Path) -> None:
    path = tmp_path / "state" / "alertd.db"
    prepare(path)
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700


def test_S6_a_second_process_is_refused(store_path: Path) -> None:
    code = (
        "from pathlib import Path; from alertd.store.lock import sole_use\n"
        f"with sole_use(Path({str(store_path)!r})): print('held')"
    )
    with sole_use(store_path):
        done = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=False
        )
    assert "a daemon is running on this store" in done.stderr
    assert (
        subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True
        ).stdout
        == "held\n"
    )


async def test_a_reader_cannot_write(store: Store) -> None:
    def sneak(rx: Rx) -> None:
        rx.connection.exec_driver_sql("DELETE FROM meta")

    with pytest.raises(StoreError, match="readonly"):
        await store.read(sneak)


async def test_an_in_memory_copy_leaves_the_store_alone(store_path: Path, clock: Clock) -> None:
    before = store_path.read_bytes()
    copy = await Store.open_copy(f"sqlite:///{store_path}", clock())
    await copy.run(lambda tx: tx.suppress("ada@example.org", "test", clock()))
    assert await copy.read(lambda rx: rx.is_suppressed("ada@example.org"))
    await copy.close()
    assert store_path.read_bytes() == before


async def test_a_rehearsal_needs_no_store(tmp_path: Path, clock: Clock) -> None:
    copy = await Store.open_copy(f"sqlite:///{tmp_path}/none.db", clock())
    assert copy.is_new
    await copy.close()
    assert not (tmp_path / "none.db").exists()
