"""alertd drill."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from alertd.cli.context import counted, options_of, print_rows, run_async
from alertd.errors import UsageError

if TYPE_CHECKING:
    from alertd.app import App
    from alertd.config import Config
    from alertd.core.model import DataType
    from alertd.store import Tx

OPERATOR = "operator"
NAME_LENGTH = 60


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(drill)


@dataclass(frozen=True, slots=True)
class _Exercise:
    """What is invented: whose breach of what, and when."""

    name: str
    data_types: frozenset[DataType]
    now: datetime

    @property
    def key(self) -> str:
        """How the key of each of its messages begins."""
        return f"drill/{self.name}/{self.now.isoformat()}/"


def drill(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="Whose breach the exercise invents.")],
    subscriber: Annotated[
        list[str] | None, typer.Option(help="To this person; may be repeated.")
    ] = None,
    everybody: Annotated[
        bool, typer.Option("--all", help="To everybody; asks for their number.")
    ] = False,
    data_type: Annotated[
        list[str] | None, typer.Option(help="A kind of data that leaks in it; may be repeated.")
    ] = None,
) -> None:
    """Send an exercise through the real ways, marked as one; to the operator alone by default.

    The breach is invented, is never stored as an incident and counts for nobody as told.
    """
    from alertd.cli.given import data_types_of
    from alertd.clock import utc_now
    from alertd.config.words import text

    config = options_of(context).load(secrets=True)
    try:
        called = text(name)[:NAME_LENGTH]
    except ValueError as error:
        raise UsageError(f"NAME: {error}") from error
    if subscriber and everybody:
        raise UsageError("give --subscriber or --all, not both")
    if not subscriber and not everybody and config.operator is None:
        raise UsageError(
            'there is no operator to drill: write operator = {channel = "mail", to = "…"} in the '
            "file, or give --subscriber or --all"
        )
    exercise = _Exercise(called, data_types_of(data_type or []), utc_now())
    names = None if everybody else subscriber or []
    if not run_async(_drilled(config, exercise, names)):
        raise typer.Exit(1)


async def _drilled(config: Config, exercise: _Exercise, names: list[str] | None) -> bool:
    """Queue the messages, and send them where no daemon does; whether all were taken."""
    from alertd import log
    from alertd.app import opened
    from alertd.store.engine import sqlite_path
    from alertd.store.lock import is_held, sole_use

    path = sqlite_path(config.database)
    if is_held(path):
        number = await _left_to_daemon(config, exercise, names)
        typer.echo(
            f"a daemon is running and sends {counted(number, 'message')} within seconds: "
            "look with `alertd delivery list`"
        )
        return True
    log.only_faults()
    with sole_use(path):
        async with opened(config) as app:
            await _queued(app, exercise, names)
            await app.send_all_due(only=exercise.key)
            return await _reported(app, exercise)


async def _left_to_daemon(config: Config, exercise: _Exercise, names: list[str] | None) -> int:
    from alertd.app import App
    from alertd.store import Store

    store = await Store.open(config.database, exercise.now)
    try:
        return await _queued(App(config, store), exercise, names)
    finally:
        await store.close()


async def _queued(app: App, exercise: _Exercise, names: list[str] | None) -> int:
    rows = await app.store.run(lambda tx: _rows(tx, app.config, exercise, names))
    if names is None:
        _confirm(len({row["subscriber_id"] for row in rows}))
    if not rows:
        raise UsageError("nobody can be drilled: see `alertd subscriber list`")

    def enqueue(tx: Tx) -> None:
        for row in rows:
            tx.enqueue(row)

    await app.store.run(enqueue)
    return len(rows)


def _confirm(people: int) -> None:
    """Ask for the number of people, so that nobody drills them all unawares."""
    typer.echo(f"This exercise goes to {people} {'person' if people == 1 else 'people'}.", err=True)
    answer = typer.prompt("Type their number to go on", default="", show_default=False, err=True)
    if answer.strip() != str(people):
        raise UsageError("that is not their number: nothing was sent")


def _rows(
    tx: Tx, config: Config, exercise: _Exercise, names: list[str] | None
) -> list[dict[str, Any]]:
    """A message for each route of each person, else one for the operator."""
    from alertd.cli.people import everybody, unknown

    if names is not None and not names:
        return [_to_operator(config, exercise)]
    known, ids = everybody(tx, config), tx.subscriber_ids()
    for name in names or ():
        if name not in known:
            raise unknown(name, known)
        if known[name].no is not None:
            raise UsageError(f"{name} is {known[name].state}: they are not drilled")
    chosen = [item.person for key, item in known.items() if names is None or key in names]
    return [
        _row(exercise, route.channel, route.to or person.email or "", person.reader.country)
        | {
            "subscriber_id": ids[person.name],
            "dedup_key": f"{exercise.key}{ids[person.name]}/{route.channel}",
        }
        for person in chosen
        if known[person.name].no is None
        for route in person.routes
    ]


def _to_operator(config: Config, exercise: _Exercise) -> dict[str, Any]:
    from alertd.core.codec import plain
    from alertd.core.people import Reader

    operator = config.operator
    if operator is None:
        raise AssertionError
    reader = Reader(
        name=OPERATOR, language=config.language, country=config.country, timezone=config.timezone
    )
    row = _row(exercise, operator.channel, operator.to or "", config.country, reader=plain(reader))
    return row | {"dedup_key": f"{exercise.key}{OPERATOR}/{operator.channel}"}


def _row(
    exercise: _Exercise, channel: str, address: str, country: str | None, **more: object
) -> dict[str, Any]:
    from alertd.core.codec import dumps
    from alertd.core.drill import exercise as invented

    incident = invented(exercise.name, exercise.data_types, country or "", exercise.now)
    return {
        "kind": "drill",
        "channel": channel,
        "address": address,
        "created_at": exercise.now,
        "due_at": exercise.now,
        "content": dumps({"incident": incident, **more}),
    }


async def _reported(app: App, exercise: _Exercise) -> bool:
    """Say what each peer answered; whether all took it."""
    rows = await app.store.read(lambda rx: rx.deliveries_by_key(exercise.key))
    channels = await app.store.read(lambda rx: rx.channels())
    print_rows(
        ("to", "channel", "state", "answer"),
        [
            (
                row["subscriber"] or "the operator",
                row["channel"],
                row["state"],
                row["last_answer"] or _why_not(channels.get(row["channel"])),
            )
            for row in rows
        ],
        "nobody was drilled",
    )
    left = sum(row["state"] != "sent" for row in rows)
    if left:
        sys.stderr.write(
            f"alertd: {counted(left, 'message')} of the exercise not taken: "
            "see `alertd delivery list`\n"
        )
    return not left


def _why_not(channel: dict[str, Any] | None) -> str:
    if channel is None:
        return "not tried"
    return f"not tried, the channel rests: {channel['answer']}"
