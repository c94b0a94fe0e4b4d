"""alertd silence."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from alertd.cli.context import (
    Json,
    asking,
    changing,
    moment,
    options_of,
    print_json,
    print_rows,
    run_async,
    unknown_among,
)
from alertd.cli.people import subscriber_id
from alertd.errors import UsageError

if TYPE_CHECKING:
    from alertd.config import Config
    from alertd.core.silences import Held, Silence
    from alertd.store import Rx, Tx

app = typer.Typer(help="What shall not be told for a time.", no_args_is_help=True)
NEARBY = 1_000
"""Incidents among whose names the one that was meant is looked for."""


@app.command("add")
def add_silence(
    context: typer.Context,
    until: Annotated[
        str, typer.Option(help="A time from now (12h, 7d), or a date: it ends as that begins.")
    ],
    incident: Annotated[str | None, typer.Option(help="Nothing more of this incident.")] = None,
    organisation: Annotated[
        str | None, typer.Option(help="Nothing of this organisation's breaches.")
    ] = None,
    watch: Annotated[
        str | None, typer.Option(help="Nothing for this watch of --subscriber.")
    ] = None,
    subscriber: Annotated[
        str | None, typer.Option(help="To this person only; else to nobody.")
    ] = None,
    why: Annotated[str | None, typer.Option(help="For whoever wonders later.")] = None,
) -> None:
    """Send nothing about an incident, an organisation or a watch until a date.

    What is held meanwhile is not sent afterwards: when it ends the operator is told what it was.
    """
    from alertd.clock import utc_now

    config = options_of(context).load()
    now = utc_now()
    given = {"incident": incident, "organisation": organisation, "watch": watch}
    chosen = {scope: target for scope, target in given.items() if target is not None}
    if len(chosen) != 1:
        raise UsageError("give one of --incident, --organisation, or --watch with --subscriber")
    if watch is not None and subscriber is None:
        raise UsageError("--watch: add --subscriber, whose watch it is")
    end = _moment(until, config, now)
    [(scope, target)] = chosen.items()

    def add(tx: Tx) -> Silence:
        from dataclasses import replace

        if subscriber is not None:
            subscriber_id(tx, subscriber, config)
        wanted = _silence(tx, scope, target.strip(), subscriber, now, end, why)
        return replace(wanted, id=tx.add_silence(wanted))

    made = changing(context, add)
    whom = f" for {made.subscriber}" if made.subscriber else ""
    at = moment(made.until, config.timezone)
    typer.echo(f"silence {made.id} on {made.shown}{whom} until {at} {config.timezone}")
    if scope == "organisation" and not asking(context, lambda rx: _is_known(rx, made.target)):
        typer.echo(f"note: no watch and no incident names {made.shown}: is it written so?")


@app.command("list")
def list_silences(context: typer.Context, json: Json = False) -> None:
    """List the silences, ended ones too, with how many messages each has held."""
    from alertd.clock import utc_now

    now = utc_now()
    found = [_described(item, now) for item in asking(context, lambda rx: rx.silences())]
    if json:
        print_json(found)
        return
    zone = options_of(context).load().timezone
    print_rows(
        ("id", "on", "what", "for", "state", "until", "held", "why"),
        [
            (
                item["id"],
                item["scope"],
                item["on"],
                item["subscriber"] or "everybody",
                item["state"],
                moment(item["until"], zone),
                len(item["held"]),
                item["why"],
            )
            for item in found
        ],
        "nothing is silenced",
    )


@app.command("remove")
def remove_silence(
    context: typer.Context, silence: Annotated[int, typer.Argument(metavar="ID")]
) -> None:
    """End a silence now, and say what it held."""
    ended = run_async(_removed(options_of(context).load(), silence))
    if ended is None:
        found = {item.silence.id for item in asking(context, lambda rx: rx.silences())}
        what = "has ended already" if silence in found else "is not there"
        raise UsageError(f"silence {silence} {what}: see `alertd silence list`")
    from alertd.core.silences import end_of

    subject, lines = end_of(ended)
    typer.echo("\n".join((subject, *lines)))


async def _removed(config: Config, number: int) -> Held | None:
    from alertd.app import App
    from alertd.clock import utc_now
    from alertd.store import Store

    store = await Store.open(config.database, utc_now())
    app = App(config, store)

    def end(tx: Tx) -> Held | None:
        ended = tx.remove_silence(number, app.clock())
        if ended is not None:
            app.note_silence(tx, ended)
        return ended

    try:
        return await store.run(end)
    finally:
        await store.close()


def _moment(written: str, config: Config, now: datetime) -> datetime:
    from zoneinfo import ZoneInfo

    from alertd.core.duration import parse_duration

    try:
        end = now + parse_duration(written)  # type: ignore[operator]  # a timedelta, once read
    except ValueError:
        try:
            end = datetime.fromisoformat(written.strip())
        except ValueError:
            raise UsageError(
                "--until: write a time from now, such as 12h or 7d, or a date, such as 2026-12-31"
            ) from None
    end = end if end.tzinfo else end.replace(tzinfo=ZoneInfo(config.timezone))
    if end <= now:
        raise UsageError(f"--until: {written} is over: write a date to come, or a time such as 7d")
    return end


def _silence(
    tx: Tx,
    scope: str,
    target: str,
    subscriber: str | None,
    since: datetime,
    until: datetime,
    why: str | None,
) -> Silence:
    from alertd.core.names import fold
    from alertd.core.silences import Scope, Silence

    shown = target
    if scope == Scope.INCIDENT:
        target, shown = _incident(tx, target)
    elif scope == Scope.ORGANISATION:
        target = fold(target)
        if not target:
            raise UsageError("--organisation: write its name")
    else:
        _check_watch(tx, target, subscriber or "")
    return Silence(
        id=0,
        scope=Scope(scope),
        target=target,
        shown=shown,
        since=since,
        until=until,
        subscriber=subscriber,
        why=why,
    )


def _incident(rx: Rx | Tx, ref: str) -> tuple[str, str]:
    from alertd.cli.incidents import title_of

    found = rx.incident(ref)
    if found is None:
        known = [item.ref for item, _ in rx.incidents(NEARBY)]
        raise unknown_among(ref, known, "incident", "alertd incident list")
    return found.ref, title_of(found)


def _check_watch(rx: Rx | Tx, name: str, subscriber: str) -> None:
    names = [item.name for item in rx.watches_of(rx.subscriber_ids()[subscriber])]
    if name not in names:
        raise unknown_among(name, names, "watch", "alertd watch list")


def _is_known(rx: Rx, folded: str) -> bool:
    from alertd.core.names import fold

    named = {
        fold(name)
        for person, _ in rx.subscribers()
        for watch in person.watches
        for name in watch.criteria.organisations
    }
    named |= {fold(org.name) for item, _ in rx.incidents(NEARBY) for org in item.organisations}
    return folded in named


def _described(item: Held, now: datetime) -> dict[str, Any]:
    silence = item.silence
    return {
        "id": silence.id,
        "scope": silence.scope.value,
        "on": silence.shown,
        "target": silence.target,
        "subscriber": silence.subscriber,
        "state": "ended" if silence.ended or silence.until <= now else "active",
        "since": silence.since.isoformat(),
        "until": silence.until.isoformat(),
        "why": silence.why,
        "held": [{"delivery": number, "title": title} for number, title in item.messages],
        "people": item.people,
    }
