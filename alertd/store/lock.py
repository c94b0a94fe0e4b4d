"""One daemon on one store (rule S6)."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from alertd.errors import StoreError


@contextmanager
def sole_use(path: Path) -> Iterator[None]:
    """Hold the lock beside the store; StoreError when another process has it."""
    lock = path.with_name(f"{path.name}.lock")
    try:
        handle = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise StoreError(f"{lock}: {error.strerror}: give alertd's user this folder") from error
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(handle)
        raise StoreError(
            f"{path}: a daemon is running on this store; stop it first, or use --dry-run"
        ) from error
    try:
        yield
    finally:
        os.close(handle)
