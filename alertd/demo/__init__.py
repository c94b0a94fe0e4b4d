"""The demonstration: the real daemon on bundled samples, real servers on loopback.

Succeeds only if every sample came to what ``expected.toml`` says and every message arrived.
"""

from __future__ import annotations

import asyncio
import secrets
import sys
import tempfile
from base64 import b64encode
from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from pathlib import Path
from typing import Final

from alertd import config, log
from alertd.app import opened
from alertd.clock import utc_now
from alertd.config import Config
from alertd.daemon import Daemon
from alertd.demo.outcome import Outcome, keep, look, missing
from alertd.demo.samples import Samples, samples
from alertd.demo.servers import HOST, Inbox, Page, filled, http_server, served, smtp_server
from alertd.demo.telling import Say, tell
from alertd.errors import AlertdError

__all__ = ("Samples", "run", "samples", "show")

SECRET: Final = "siem-secret"  # noqa: S105 - the name of a file
KEY_BYTES: Final = 32


async def show(given: Samples | None = None, say: Say = print) -> int:
    """Run the demonstration and tell it; 0 when all that was expected came, else 1."""
    log.configure(stream=sys.stderr, level="error", json=False, journal=False)
    try:
        outcome = await run(given or samples())
    except AlertdError as error:
        say(f"The demonstration could not run: {error}")
        return 1
    tell(outcome, say)
    return 1 if outcome.missing else 0


async def run(given: Samples) -> Outcome:
    """Run the daemon on the samples until every expected message is there, or time is up."""
    outcome = Outcome(Path(tempfile.mkdtemp(prefix="alertd-demo-")))
    inbox = Inbox(f"whsec_{b64encode(secrets.token_bytes(KEY_BYTES)).decode()}", utc_now)
    pages = dict(given.feeds)
    async with AsyncExitStack() as servers:
        places = await _serve(servers, given, pages, inbox)
        loaded = _configured(given.settings, outcome.folder, places, inbox.secret)
        await _watch(loaded, given, pages, inbox, outcome)
    outcome.mails, outcome.posts = inbox.messages, inbox.posts
    outcome.missing = missing(given, outcome)
    keep(outcome, inbox)
    return outcome


async def _serve(
    servers: AsyncExitStack, given: Samples, pages: Mapping[str, str], inbox: Inbox
) -> dict[str, str]:
    """Start the servers; return the place of each as the settings write it."""

    async def port(name: str, server: AbstractAsyncContextManager[int]) -> str:
        if name not in given.without:
            return str(await servers.enter_async_context(server))
        async with server as gone:
            return str(gone)

    return {
        "{feeds}": f"{HOST}:{await port('feeds', http_server(served(_page(pages))))}",
        "{hook}": f"{HOST}:{await port('hook', http_server(inbox.take))}",
        "{smtp_host}": HOST,
        "{smtp_port}": await port("smtp", smtp_server(inbox)),
    }


def _page(pages: Mapping[str, str]) -> Page:
    now = utc_now()

    def page(path: str, host: str) -> str | None:
        name = path.strip("/")
        return filled(pages[name], host, now) if name in pages else None

    return page


def _configured(settings: str, folder: Path, places: Mapping[str, str], secret: str) -> Config:
    for place, value in places.items():
        settings = settings.replace(place, value)
    (folder / SECRET).touch(mode=0o600)
    (folder / SECRET).write_text(secret, encoding="utf-8")
    path = folder / "alertd.toml"
    path.write_text(settings, encoding="utf-8")
    return config.load(path, {}, folder)


async def _watch(
    loaded: Config, given: Samples, pages: dict[str, str], inbox: Inbox, outcome: Outcome
) -> None:
    """Run the daemon until what is expected came, first of the first feeds, then of all."""
    async with opened(loaded) as app:
        daemon = Daemon(app, lambda: loaded)
        running = asyncio.create_task(daemon.run())
        await _wait(inbox, given.told(first=True).total(), given.seconds)
        pages |= given.later
        await _wait(inbox, given.told().total(), given.seconds)
        daemon.stop()
        await running
        await app.store.read(lambda rx: look(rx, outcome))


async def _wait(inbox: Inbox, count: int, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            while len(inbox.mails) + len(inbox.posts) < count:
                inbox.arrived.clear()
                await inbox.arrived.wait()
    except TimeoutError:
        return  # what is missing is told at the end
