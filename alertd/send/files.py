"""Files written whole or not at all."""

from __future__ import annotations

import os
import re
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Final

from alertd.core.transport import Answer, Files

_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")

STAGE: Final = "write"
WRITTEN: Final = 250
"""Any code but 0 would do: nobody answers here."""


def write(payload: Files) -> Answer:
    """Write each file under a temporary name, put it on the disk, then give it its own name.

    A folder that is missing is made with mode 0700; files get mode 0600.  Blocks: call it in
    a thread.
    """
    folder = Path(payload.folder)
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for name, data in payload.files:
            _write(folder, name, data)
        _sync(folder)
    except OSError as error:
        return Answer(STAGE, 0, f"cannot write to {folder}: {error.strerror or error}")
    return Answer(STAGE, WRITTEN, f"written to {folder}")


def _write(folder: Path, name: str, data: bytes) -> None:
    if not _NAME.fullmatch(name):
        raise ValueError(f"{name!r} is not a file name within the folder")
    handle, temporary = tempfile.mkstemp(prefix=".", suffix=".part", dir=folder)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).replace(folder / name)
    except BaseException:
        with suppress(FileNotFoundError):
            Path(temporary).unlink()
        raise


def _sync(folder: Path) -> None:
    """Put the new names themselves on the disk."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
