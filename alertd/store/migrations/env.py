"""Alembic's entry: one transaction, foreign keys off until they have been checked (rule S8)."""

from __future__ import annotations

from alembic import context
from sqlalchemy import Connection

from alertd.errors import StoreError
from alertd.store.engine import migrator
from alertd.store.rows import METADATA


def broken_references(connection: Connection) -> list[str]:
    """Rows whose parent is gone, a line each."""
    rows = connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall()
    return [f"{row[0]} row {row[1]} refers to a missing {row[2]}" for row in rows]


def main() -> None:
    """Upgrade the database named in Alembic's configuration."""
    engine = migrator(context.config.attributes["path"])
    with engine.begin() as connection:
        context.configure(
            connection=connection,
            target_metadata=METADATA,
            render_as_batch=True,
            transactional_ddl=True,
        )
        context.run_migrations()
        broken = broken_references(connection)
        if broken:
            raise StoreError(f"the upgrade would lose data, so it was undone: {broken[0]}")
    engine.dispose()


main()
