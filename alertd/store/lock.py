"""One daemon on one store (rule S6)."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from time import sleep
from typing import Final

from alertd.errors import StoreError
from alertd.owner import become_owner

PAUSES: Final = (0.05, 0.15)
"""Seconds after which a lock is tried for again: ``is_held`` takes it for a moment."""


@contextmanager
def sole_use(path: Path) -> Iterator[None]:
    """Hold the lock beside the store; StoreError when another process has it."""
    become_owner(path)
    lock = _beside(path)
    try:
        lock.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise StoreError(f"{lock}: {error.strerror}: give alertd's user this folder") from error
    try:
        _take(handle)
    except OSError as error:
        os.close(handle)
        raise StoreError(
            f"{path}: a daemon is running on this store; stop it first, or use --dry-run"
        ) from error
    try:
        yield
    finally:
        os.close(handle)


def is_held(path: Path) -> bool:
    """Whether a process has sole use of the store now."""
    try:
        handle = os.open(_beside(path), os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    except OSError as error:
        raise StoreError(f"{_beside(path)}: {error.strerror}") from error
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        return True
    finally:
        os.close(handle)
    return False


def _beside(path: Path) -> Path:
    return path.with_name(f"{path.name}.lock")


def _take(handle: int) -> None:
    for pause in PAUSES:
        with suppress(OSError):
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        sleep(pause)
    fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
