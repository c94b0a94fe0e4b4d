"""The work of `alertd source poll`: sources asked now, through the store."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import typer

from alertd.cli.context import counted, moment
from alertd.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from alertd.app import App
    from alertd.config import Config
    from alertd.core.feed import Source
    from alertd.store.sources import Health


async def poll_now(config: Config, wanted: Sequence[Source]) -> bool:
    """Poll the sources wanted, else those that are due; say whether all could be read.

    Raises:
        StoreError: a daemon is running on the store.
    """
    from alertd import log
    from alertd.app import opened
    from alertd.store.engine import sqlite_path
    from alertd.store.lock import is_held, sole_use

    path = sqlite_path(config.database)
    if path.exists() and is_held(path):
        raise StoreError(
            f"{path}: a daemon is running on this store and polls what is due by itself: "
            "see `alertd source list`, or stop it first"
        )
    log.only_faults()
    with sole_use(path):
        async with opened(config) as app:
            return await _poll(app, wanted)


async def _poll(app: App, wanted: Sequence[Source]) -> bool:
    from alertd.app import all_of, is_due

    now = app.clock()
    healths = await app.store.read(lambda rx: rx.healths())
    if wanted:
        due = [source for source in wanted if _may_be_asked(app, source, healths, now)]
    else:
        floor = app.config.polling.floor
        due = [source for source in app.config.sources if is_due(source, healths, now, floor)]
    if not due:
        typer.echo("no source is due: see `alertd source list`")
        return True
    read = await all_of(_poll_one(app, source) for source in due)
    made = await app.correlate()
    if made:
        typer.echo(f"{counted(made, 'message')} to send: `alertd run --once` does")
    return all(read)


async def _poll_one(app: App, source: Source) -> bool:
    if sys.stderr.isatty():
        typer.echo(f"  asking {source.name} …", err=True)
    kept = await app.poll([source])
    health = await app.store.read(lambda rx: rx.health(source.name))
    if health.failures:
        typer.echo(f"alertd: {source.name}: {health.error}", err=True)
        return False
    typer.echo(f"{source.name}: {counted(kept, 'report')} new or changed")
    return True


def _may_be_asked(app: App, source: Source, healths: Mapping[str, Health], now: datetime) -> bool:
    """Whether its server may be asked now; says until when not."""
    known = healths.get(source.name)
    health = known.at(source.request.url) if known else None
    if health is None or health.attempted_at is None:
        return True
    free = health.attempted_at + app.config.polling.floor
    until = max(free, health.wait_until or free)
    if until > now:
        typer.echo(f"{source.name}: not asked before {moment(until, app.config.timezone)}")
    return until <= now
