"""Brings a store to this program's version: ``python -m alertd.store.migrate FILE``.

A process of its own, so that the daemon never carries Alembic in its memory.
"""

from __future__ import annotations

import shutil
import sqlite3
import sys
from contextlib import closing
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy.exc import SQLAlchemyError

from alertd.errors import StoreError
from alertd.store.migrations import HEAD


def configuration(path: Path) -> Config:
    """Alembic's configuration for the store in ``path``."""
    config = Config()
    config.set_main_option("script_location", "alertd.store:migrations")
    config.attributes["path"] = path
    return config


def back_up(path: Path, version: str) -> Path:
    """Copy a store beside itself before it is changed; StoreError when there is no room."""
    needed = path.stat().st_size * 2
    free = shutil.disk_usage(path.parent).free
    if free < needed:
        raise StoreError(
            f"{path}: the upgrade needs {needed // 2**20} MiB of free space and there are "
            f"{free // 2**20}: make room and start again"
        )
    copy = path.with_name(f"{path.name}.before-{HEAD}-from-{version}")
    with closing(sqlite3.connect(path)) as source, closing(sqlite3.connect(copy)) as target:
        source.backup(target)
    copy.chmod(0o600)
    return copy


def main() -> int:
    """Upgrade the store; 1 and one line on standard error when that fails."""
    path, version = Path(sys.argv[1]), sys.argv[2]
    try:
        back_up(path, version)
        command.upgrade(configuration(path), "head")
    except (StoreError, SQLAlchemyError, OSError) as error:
        sys.stderr.write(f"{str(error).splitlines()[0]}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
