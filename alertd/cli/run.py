"""alertd run."""

from __future__ import annotations

import os
import sys
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, Annotated

import typer

from alertd.cli.context import Options, counted, options_of, run_async

if TYPE_CHECKING:
    from alertd.app import App
    from alertd.config import Config
    from alertd.core.outbox import Outcome
    from alertd.pipeline import Send
    from alertd.store.claims import Claimed

MATCHED = 10


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(run)


def run(
    context: typer.Context,
    once: Annotated[
        bool, typer.Option("--once", help="Poll what is due, deliver what is due, and end.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="On a copy: say what would be sent, send nothing.")
    ] = False,
) -> None:
    """Watch the sources and tell people.

    With --once the exit code is 0 when nothing was new, 10 when something new matched and 1
    when something due could not be sent.
    """
    from alertd import lean

    lean.slim()
    options = options_of(context)
    config = options.load(secrets=True)
    _log(config, level="warning" if dry_run else "info")
    if dry_run:
        raise typer.Exit(run_async(_rehearse(config)))
    work = _once(config) if once else _forever(options, config)
    raise typer.Exit(run_async(work))


def _log(config: Config, *, level: str) -> None:
    from alertd import log

    for warning in config.warnings:
        typer.echo(f"alertd: {warning}", err=True)
    journal = "JOURNAL_STREAM" in os.environ
    log.configure(stream=sys.stdout, level=level, json=not sys.stdout.isatty(), journal=journal)


async def _once(config: Config) -> int:
    from alertd.app import opened
    from alertd.store.engine import sqlite_path
    from alertd.store.lock import sole_use

    path = sqlite_path(config.database)
    with sole_use(path):
        async with opened(config) as app:
            await app.store.run(lambda tx: tx.free_leases(app.clock()))
            await app.store.run(lambda tx: tx.end_life())
            ran = await app.once()
    if ran.unsent:
        unsent = counted(ran.unsent, "message")
        typer.echo(f"alertd: {unsent} could not be sent yet: see `alertd delivery list`", err=True)
        return 1
    return MATCHED if ran.alerted else 0


async def _forever(options: Options, config: Config) -> int:
    from alertd.app import opened
    from alertd.daemon import Daemon
    from alertd.notify import Notifier
    from alertd.store.engine import sqlite_path
    from alertd.store.lock import sole_use

    notifier = Notifier.of(os.environ, os.getpid())
    with sole_use(sqlite_path(config.database)):
        async with AsyncExitStack() as parts:
            async with notifier.starting():
                app = await parts.enter_async_context(opened(config))
            await Daemon(app, lambda: options.load(secrets=True), notifier=notifier).run()
    return 0


async def _rehearse(config: Config) -> int:
    from alertd.app import opened

    async with opened(config, dry_run=True) as app:
        app.deliver = _would_send(app)
        ran = await app.once()
    kept, sent = counted(ran.kept, "report"), counted(ran.alerted, "message")
    typer.echo(f"{kept} would be kept, {sent} would be sent; nothing was stored or sent")
    return MATCHED if ran.alerted else 0


def _would_send(app: App) -> Send:
    async def say(claimed: Claimed) -> Outcome:
        from alertd.core.outbox import Accepted

        subject = app.wording.message(claimed).subject
        name = claimed.alerts[0].reader.name if claimed.alerts else "the operator"
        typer.echo(f"would send to {name} by {claimed.delivery.channel}: {subject}")
        return Accepted("rehearsed")

    return say
