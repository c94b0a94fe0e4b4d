"""What `alertd check` looks at; each finding says what mends it."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Final

from alertd.cli.context import SCRATCH, counted

if TYPE_CHECKING:
    from alertd.app import App
    from alertd.cli.context import Options
    from alertd.config import Config, ConfiguredChannel
    from alertd.core.feed import Source
    from alertd.core.texts import Body

OK: Final = "ok"
WARN: Final = "WARN"
FAIL: Final = "FAIL"
SOUND_PYTHON: Final = {(3, 11): 15, (3, 12): 13, (3, 13): 12, (3, 14): 3}
"""The first patch level without the known holes in mail headers (CVE-2024-6923, CVE-2026-1299).

alertd checks the final bytes of each message itself, so an older one is a warning.
"""
RELEASED: Final = 2026


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at."""

    level: str
    about: str
    what: str


async def findings(options: Options, *, offline: bool) -> list[Finding]:
    """Everything that was looked at, in the order of what depends on what."""
    from alertd import config

    problems = config.problems(options.config, os.environ, Path.cwd())
    if problems:
        return [Finding(FAIL, "configuration", line) for line in problems]
    loaded = options.load(secrets=True)
    found = [Finding(OK, "configuration", str(loaded.path or "built-in defaults"))]
    found += [Finding(WARN, "configuration", line) for line in loaded.warnings]
    found += list(_of_the_machine(loaded))
    found += list(_of_the_settings(loaded))
    found += list(_of_the_mailboxes(loaded))
    found += list(_of_the_advice(loaded))
    found.append(await _database(loaded))
    if not offline:
        found += [item async for item in _of_the_others(loaded)]
    return found


def _of_the_machine(config: Config) -> Iterator[Finding]:
    from alertd.cli.context import moment
    from alertd.clock import utc_now

    version = sys.version_info
    least = SOUND_PYTHON.get((version.major, version.minor))
    written = f"{version.major}.{version.minor}.{version.micro}"
    if least is not None and version.micro < least:
        yield Finding(
            WARN,
            "python",
            f"{written} has known holes in mail headers, which alertd guards "
            f"against itself; update to {version.major}.{version.minor}.{least} or newer",
        )
    else:
        yield Finding(OK, "python", written)
    if utc_now().year < RELEASED:
        yield Finding(FAIL, "clock", f"says {utc_now():%Y-%m-%d}: set it, or nothing is news")
    else:
        yield Finding(OK, "clock", f"{moment(utc_now(), config.timezone)} {config.timezone}")


def _of_the_settings(config: Config) -> Iterator[Finding]:
    if config.operator is None:
        yield Finding(
            WARN,
            "operator",
            "nobody is told when a message gives up or a source falls silent; "
            'add operator = {channel = "…", to = "…"}',
        )
    if not config.contact:
        yield Finding(WARN, "contact", 'mails name nobody to write to; add contact = "…"')
    if not config.subscribers:
        yield Finding(
            WARN, "subscribers", "the file names nobody; see `alertd subscriber add --help`"
        )
    watching = [person for person in config.subscribers if person.watches]
    if config.subscribers and not watching:
        yield Finding(WARN, "watches", "no subscriber of the file watches anything")
    yield Finding(OK, "sources", ", ".join(source.name for source in config.sources) or "none")


def _of_the_mailboxes(config: Config) -> Iterator[Finding]:
    """Whether mails that ask to stop can be sent to us, and are found."""
    from alertd import mailbox

    for channel in config.channels.values():
        address = getattr(channel.settings, "unsubscribe", "")
        folder = getattr(channel.settings, "maildir", "")
        about = f"channel {channel.name}"
        if bool(address) != bool(folder):
            missing = "unsubscribe" if folder else "maildir"
            what = f"mails offer no way to stop by mail: {missing} is missing beside "
            yield Finding(WARN, about, what + ("maildir" if folder else "unsubscribe"))
        elif folder and (fault := mailbox.fault(Path(folder))):
            yield Finding(FAIL, about, f"mails that ask to stop are not read: {fault}")


def _of_the_advice(config: Config) -> Iterator[Finding]:
    """Telephone numbers that have to be checked again soon, or are left out already."""
    from zoneinfo import ZoneInfo

    from alertd import texts
    from alertd.clock import utc_now
    from alertd.core.review import AHEAD

    today = utc_now().astimezone(ZoneInfo(config.timezone)).date()
    late = [
        line
        for code, pack in sorted(texts.load().packs.items())
        for line in late_contacts(code, pack.bodies, today)
    ]
    yield from (Finding(WARN, "guidance", line) for line in late)
    if not late:
        yield Finding(OK, "guidance", f"no contact has to be checked before {today + AHEAD}")


def late_contacts(country: str, bodies: Iterable[Body], today: date) -> list[str]:
    """A line for each day, within ``AHEAD``, after which telephone numbers are left out."""
    from alertd.core.review import to_check

    return [
        f"{country}: the telephone numbers of {', '.join(names)} "
        f"{'are' if day < today else 'will be'} left out after {day} unless they are checked "
        "again: install a newer alertd"
        for day, names in to_check(bodies, today)
    ]


async def _database(config: Config) -> Finding:
    """Whether the store can be written, and would take the people of the file."""
    from alertd.cli.context import as_configured
    from alertd.clock import utc_now
    from alertd.errors import AlertdError
    from alertd.store import Store
    from alertd.store.engine import sqlite_path

    path = sqlite_path(config.database)
    if not path.exists():
        return _to_be_made(path)
    try:
        store = await Store.open(config.database, utc_now())
        try:
            count = await as_configured(config, store, lambda tx: len(tx.subscriber_ids()))
        finally:
            await store.close()
    except AlertdError as error:
        return Finding(FAIL, "database", str(error))
    return Finding(OK, "database", f"{path}, {counted(count, 'subscriber')}")


def _to_be_made(path: Path) -> Finding:
    folder = next(parent for parent in path.parents if parent.exists())
    if not os.access(folder, os.W_OK | os.X_OK):
        advice = "name another file under database, or give alertd's user this folder"
        return Finding(FAIL, "database", f"{folder} cannot be written: {advice}")
    return Finding(OK, "database", f"{path} will be made by the first `alertd run`")


async def _of_the_others(config: Config) -> AsyncIterator[Finding]:
    from alertd.app import opened

    # The people of the file are left out: the empty store would refuse nothing they hold.
    async with opened(replace(config, database=SCRATCH, subscribers=()), dry_run=True) as app:
        channels = config.channels.values()
        for found in await asyncio.gather(*(_channel(app, channel) for channel in channels)):
            yield found
        for found in await asyncio.gather(*(_source(app, item) for item in config.sources)):
            yield found


async def _channel(app: App, channel: ConfiguredChannel) -> Finding:
    about = f"channel {channel.name}"
    answer = await app.senders.probe(channel.name, channel.settings)
    if answer is None:
        return Finding(OK, about, f"{channel.kind.kind}: nothing to ask before a message is sent")
    good = 200 <= answer.code < 300  # noqa: PLR2004 - SMTP's positive answers
    return Finding(OK if good else FAIL, about, answer.text)


async def _source(app: App, source: Source) -> Finding:
    from alertd.errors import SourceError

    about = f"source {source.name}"
    try:
        reply = await app.fetcher.fetch(source.request)
        found = await app.reader.read(source, reply)
    except SourceError as error:
        return Finding(FAIL, about, str(error))
    return Finding(OK, about, counted(len(found), "item"))
