"""A Maildir: the heads of the mails in it that nobody has read, and marking them as read."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator
from contextlib import suppress
from dataclasses import dataclass
from email.errors import MessageError
from email.header import decode_header, make_header
from email.message import Message
from email.parser import BytesHeaderParser
from email.utils import getaddresses
from pathlib import Path
from stat import S_ISREG
from typing import Final

from alertd.core.unsubscribe import Letter

MOST_BYTES: Final = 64 * 1024
"""What is read of a mail; its head is far shorter."""
_SEEN: Final = "S"
_INFO: Final = ":2,"


@dataclass(frozen=True, slots=True)
class Arrived:
    """A mail that nobody has read, where it lies; ``name`` is the same wherever it is moved."""

    path: Path
    letter: Letter

    @property
    def name(self) -> str:
        """Its unique name in the Maildir."""
        return _unique(self.path.name)


def fault(folder: Path) -> str | None:
    """Why a Maildir cannot be used and what mends it, in one line; None when it can."""
    for part in (folder, folder / "new", folder / "cur"):
        if not part.is_dir():
            return f"{part}: there is no such folder: have mail delivered there as a Maildir"
        if not os.access(part, os.R_OK | os.W_OK | os.X_OK):
            return f"{part}: cannot be read and written: give alertd's user this folder"
    return None


def unread(folder: Path, *, besides: Collection[str], limit: int) -> list[Arrived]:
    """The newest mails that nobody has read, but for those named in ``besides``.

    Raises:
        OSError: the folder cannot be read.
    """
    found = [
        path
        for part in ("new", "cur")
        for path in _mails(folder / part)
        if _unique(path.name) not in besides
    ]
    newest = sorted(found, key=lambda path: path.name, reverse=True)[:limit]
    return [Arrived(path, letter) for path in newest if (letter := _letter(path)) is not None]


def names(folder: Path) -> frozenset[str]:
    """The names of all mails that nobody has read."""
    return frozenset(
        _unique(path.name) for part in ("new", "cur") for path in _mails(folder / part)
    )


def mark_read(mail: Arrived) -> None:
    """Move a mail to where read ones lie; nothing when another program did so meanwhile.

    Raises:
        OSError: it cannot be moved.
    """
    flags = mail.path.name.partition(_INFO)[2]
    marked = "".join(sorted({*flags, _SEEN}))
    with suppress(FileNotFoundError):
        mail.path.rename(mail.path.parents[1] / "cur" / f"{mail.name}{_INFO}{marked}")


def _mails(folder: Path) -> Iterator[Path]:
    with os.scandir(folder) as entries:
        for entry in entries:
            hidden = entry.name.startswith(".")
            if not hidden and _SEEN not in entry.name.partition(_INFO)[2]:
                yield Path(entry.path)


def _unique(name: str) -> str:
    return name.partition(_INFO)[0]


def _letter(path: Path) -> Letter | None:
    """The head of a mail; None for what is no file, or gone meanwhile."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        data = os.read(handle, MOST_BYTES) if S_ISREG(os.fstat(handle).st_mode) else None
    finally:
        os.close(handle)
    return None if data is None else letter(data)


def letter(data: bytes) -> Letter:
    """What the head of a mail says; total: what cannot be read is empty."""
    lines = data.replace(b"\r\n", b"\n").partition(b"\n\n")[0]
    head = BytesHeaderParser().parsebytes(lines + b"\n\n")
    path = head.get("Return-Path")
    return Letter(
        subject=_decoded(head, "Subject"),
        senders=_addresses(head, "From"),
        recipients=_addresses(head, "To", "Delivered-To", "X-Original-To"),
        return_path=None if path is None else str(path),
        auto_submitted=str(head.get("Auto-Submitted", "")),
        content_type=str(head.get("Content-Type", "")),
    )


def _decoded(head: Message, name: str) -> str:
    raw = " ".join(str(head.get(name, "")).split())
    try:
        return str(make_header(decode_header(raw)))
    except (MessageError, LookupError, ValueError):
        return raw


def _addresses(head: Message, *fields: str) -> tuple[str, ...]:
    found = getaddresses([str(value) for name in fields for value in head.get_all(name, [])])
    return tuple(address for _, address in found if address)
