"""What `alertd check` looks at; each finding says what mends it."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from alertd.app import App
    from alertd.cli.context import Options
    from alertd.config import Config, ConfiguredChannel
    from alertd.core.feed import Source

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
    found += list(_of_the_machine())
    found += list(_of_the_settings(loaded))
    found += [item async for item in _of_the_parts(loaded, offline=offline)]
    return found


def _of_the_machine() -> Iterator[Finding]:
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
        yield Finding(OK, "clock", f"{utc_now():%Y-%m-%d %H:%M} UTC")


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


async def _of_the_parts(config: Config, *, offline: bool) -> AsyncIterator[Finding]:
    from alertd.app import opened
    from alertd.errors import AlertdError

    try:
        async with opened(config) as app:
            yield Finding(OK, "database", str(app.store.path))
            if offline:
                return
            channels = config.channels.values()
            for found in await asyncio.gather(*(_channel(app, channel) for channel in channels)):
                yield found
            for found in await asyncio.gather(*(_source(app, item) for item in config.sources)):
                yield found
    except AlertdError as error:
        yield Finding(FAIL, "database", str(error))


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
    return Finding(OK, about, f"{len(found)} items")
