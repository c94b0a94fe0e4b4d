"""Stopping by mail: what each mail says about it, and the mailboxes where such mails arrive.

A no is committed before its mail is marked as read, so that a crash at any point repeats a
step that changes nothing and forgets none.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from shlex import quote
from typing import Final

import structlog

from alertd import mailbox
from alertd.channels.email import EmailSettings
from alertd.config import ConfiguredChannel
from alertd.core.texts import Language
from alertd.core.unsubscribe import Letter, asks_to_stop, mailto, named_by_token, token
from alertd.mailbox import Arrived
from alertd.pipeline import Clock, Tell
from alertd.store import Store, Tx
from alertd.store.suppression import UNSUBSCRIBED

log = structlog.stdlib.get_logger()
MOST_MAILS: Final = 200
"""Mails looked at in one turn of one mailbox."""
MOST_LEFT: Final = 10_000
"""Mails on other matters that are remembered; with more the mailbox is no place for ours."""


def way_to_stop(channel: ConfiguredChannel, secret: bytes, subscriber: int | None) -> str:
    """The ``mailto:`` by which a subscriber stops what a channel sends; nothing where none works.

    It works where the channel has both an address for such mails and the Maildir they reach.
    """
    settings = channel.settings
    if not isinstance(settings, EmailSettings) or subscriber is None:
        return ""
    if not (settings.unsubscribe and settings.maildir):
        return ""
    return mailto(settings.unsubscribe, token(secret, subscriber))


def maildirs(channels: Mapping[str, ConfiguredChannel]) -> dict[Path, None]:
    """The Maildirs in which mails that say stop arrive, once each."""
    found = (item.settings for item in channels.values())
    return {
        Path(settings.maildir): None
        for settings in found
        if isinstance(settings, EmailSettings) and settings.maildir and settings.unsubscribe
    }


@dataclass(frozen=True, slots=True)
class _Obeyed:
    """What the mails of one turn came to; ``by_sender`` are the names of those who wrote."""

    done: tuple[Arrived, ...]
    by_sender: tuple[str, ...]
    ignored: tuple[Arrived, ...]
    others: tuple[Arrived, ...]


@dataclass(slots=True)
class Mailboxes:
    """Reads the mailboxes; remembers which could not be read, to say it once."""

    store: Store
    clock: Clock
    tell: Tell
    _sick: dict[Path, str] = field(default_factory=dict)

    async def read(self, folders: Iterable[Path], words: Language) -> None:
        """Obey every mail that asks to stop, and tell the operator of those that ask for else."""
        for folder in folders:
            fault = await asyncio.to_thread(mailbox.fault, folder)
            if fault is None:
                fault = await self._read(folder, words)
            if fault is not None and self._sick.get(folder) != fault:
                log.warning("mailbox not read", why=fault)
            self._sick[folder] = fault or ""

    async def _read(self, folder: Path, words: Language) -> str | None:
        left = await self.store.read(lambda rx: rx.left_in(str(folder)))
        if len(left) >= MOST_LEFT:
            return f"{folder}: over {MOST_LEFT:,} unread mails ask for something else: read them"
        try:
            found = await asyncio.to_thread(mailbox.unread, folder, besides=left, limit=MOST_MAILS)
            if found:
                await self._handle(folder, found, words)
        except OSError as error:
            return f"{error.filename or folder}: {error.strerror}: give alertd's user this folder"
        return None

    async def _handle(self, folder: Path, found: Sequence[Arrived], words: Language) -> None:
        now = self.clock()
        obeyed = await self.store.run(lambda tx: _obey(tx, found, now))
        for name in obeyed.by_sender:
            await self.tell(*_stopped(name, words))
        for mail in obeyed.done:
            await asyncio.to_thread(mailbox.mark_read, mail)
        if obeyed.others:
            await self.tell(*_other(folder, len(obeyed.others), words))
        left = [mail.name for mail in (*obeyed.ignored, *obeyed.others)]
        if left:
            there = await asyncio.to_thread(mailbox.names, folder)
            await self.store.run(lambda tx: tx.leave_in(str(folder), left, there))


def _obey(tx: Tx, found: Sequence[Arrived], now: datetime) -> _Obeyed:
    """Keep the no of everybody who says it in a mail."""
    done, by_sender, ignored, others = [], [], [], []
    secret = tx.secret()
    for mail in found:
        if mail.letter.is_bounce:
            ignored.append(mail)
        elif (person := named_by_token(mail.letter, secret)) is not None:
            _stop(tx, person, "token", now)
            done.append(mail)
        elif mail.letter.is_automatic:
            ignored.append(mail)
        elif (writer := _writer(tx, mail.letter)) is not None:
            _stop(tx, writer[0], "sender", now)
            by_sender.append(writer[1])
            done.append(mail)
        else:
            others.append(mail)
    return _Obeyed(tuple(done), tuple(by_sender), tuple(ignored), tuple(others))


def _writer(tx: Tx, letter: Letter) -> tuple[int, str] | None:
    """The one subscriber who wrote that they want no more, where that is beyond doubt."""
    if len(letter.senders) != 1 or not asks_to_stop(letter):
        return None
    people = tx.written_to_at(letter.senders[0])
    return people[0] if len(people) == 1 else None


def _stop(tx: Tx, subscriber: int, by: str, now: datetime) -> None:
    if tx.say_no(subscriber, UNSUBSCRIBED, now):
        log.info("unsubscribed by mail", subscriber=subscriber, by=by)


def _stopped(name: str, words: Language) -> tuple[str, Sequence[str]]:
    return words.say("notice", "stopped", name=name), (
        words.say("notice", "stopped-why", name=name),
        words.say("notice", "stopped-mend", quoted=quote(name)),
    )


def _other(folder: Path, count: int, words: Language) -> tuple[str, Sequence[str]]:
    where = words.say("notice", "other-mail-where", count=count, folder=folder)
    return words.say("notice", "other-mail"), (where,)
