"""alertd demo, init, check, status."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from alertd.cli.context import Json, asking, counted, moment, options_of, print_json, run_async

if TYPE_CHECKING:
    from alertd.config import Config
    from alertd.store import Rx


def register(app: typer.Typer) -> None:
    """Add the commands."""
    for command in (demo, init, check, status):
        app.command()(command)


def demo() -> None:
    """Show it all on this machine in a few seconds: no configuration, no network."""
    from alertd.demo import show

    raise typer.Exit(run_async(show()))


def init(
    path: Annotated[Path, typer.Argument(help="Where to write the file.")] = Path("alertd.toml"),
    force: Annotated[bool, typer.Option("--force", help="Write over a file.")] = False,
) -> None:
    """Ask five questions and write a configuration file."""
    from alertd.cli.init import run

    def ask(question: str, default: str) -> str:
        try:
            return str(typer.prompt(question, default=default, show_default=bool(default)))
        except typer.Abort:
            typer.echo()  # what is said next gets a line of its own
            raise

    written = run(path, ask, force, os.environ)
    typer.echo(f"wrote {written}; next: `alertd check`, then `alertd run --once --dry-run`")


def check(
    context: typer.Context,
    offline: Annotated[bool, typer.Option("--offline", help="Ask no other machine.")] = False,
    json: Json = False,
) -> None:
    """Look for everything that would keep alertd from working, with what mends it."""
    from alertd.cli.checks import findings

    found = run_async(findings(options_of(context), offline=offline))
    if json:
        print_json(
            [{"level": item.level, "about": item.about, "what": item.what} for item in found]
        )
    else:
        for item in found:
            typer.echo(f"{item.level:4}  {item.about}: {item.what}")
    if any(item.level == "FAIL" for item in found):
        raise typer.Exit(2 if found[0].level == "FAIL" else 1)


def status(context: typer.Context, json: Json = False) -> None:
    """Say on one screen how alertd fares; the exit code is 1 when something is wrong."""
    config = options_of(context).load()
    shown = asking(context, lambda rx: _status(rx, config))
    if json:
        print_json(shown)
    else:
        _print_status(shown, config.timezone)
    raise typer.Exit(0 if shown["healthy"] else 1)


FAILURES = 3
"""Polls that failed in a row before a source makes the whole unhealthy."""
OVERDUE_MINUTES = 15


def _status(rx: Rx, config: Config) -> dict[str, Any]:
    from datetime import timedelta

    from alertd.cli import alive
    from alertd.cli.sources import described
    from alertd.clock import utc_now

    now = utc_now()
    daemon = alive.daemon(rx, config)
    digest = rx.next_digest()
    healths = rx.healths()
    counts = dict(rx.counts())
    channels = rx.channels()
    overdue = rx.due(now - timedelta(minutes=OVERDUE_MINUTES))
    polled = {source.name for source in config.sources}
    trouble = [
        f"source {name}: {health.error}"
        for name, health in healths.items()
        if name in polled and (health.suspended or health.failures >= FAILURES)
    ]
    trouble += [f"channel {name}: {row['answer']}" for name, row in channels.items()]
    trouble += _of_messages(
        {
            "overdue": (overdue, "alertd delivery list"),
            "tried and not taken yet": (rx.tried_and_waiting(), "alertd delivery list"),
            "dead": (counts.get("dead", 0), "alertd delivery list --dead"),
            "expired": (counts.get("expired", 0), "alertd delivery list --dead"),
        }
    )
    trouble += alive.trouble(daemon, now, config.timezone)
    people = {*rx.subscriber_ids(), *(person.name for person in config.subscribers)}
    return {
        "healthy": not trouble,
        "trouble": trouble,
        "daemon": daemon,
        "sources": [described(source, healths) for source in config.sources],
        "outbox": counts,
        "oldest_waiting": rx.oldest_waiting(),
        "channels": {
            name: {"suspended": row["suspended"], "failing_since": row["failing_since"]}
            for name, row in channels.items()
        },
        "subscribers": len(people),
        "held": dict(rx.held()),
        "next_digest": None if digest is None else {"at": digest.at, "people": digest.people},
        "last_alert": rx.last_sent(),
        "database": str(rx.connection.engine.url.database),
    }


def _of_messages(troubles: Mapping[str, tuple[int, str]]) -> list[str]:
    return [
        f"{counted(count, 'message')} {what}: see `{see}`"
        for what, (count, see) in troubles.items()
        if count
    ]


def _print_status(shown: dict[str, Any], zone: str) -> None:
    from alertd.cli import alive

    typer.echo("healthy" if shown["healthy"] else "NOT HEALTHY")
    for line in shown["trouble"]:
        typer.echo(f"  {line}")
    typer.echo(alive.in_words(shown["daemon"], zone))
    typer.echo(counted(shown["subscribers"], "subscriber"))
    typer.echo("sources:" if shown["sources"] else "no source is polled")
    for item in shown["sources"]:
        last = moment(item["last_success"], zone)
        newest = moment(item["last_item"], zone)
        typer.echo(f"  {item['name']}: {item['state']}, last read {last}, last new item {newest}")
        if item["error"]:
            typer.echo(f"    {item['error']}")
    outbox = ", ".join(f"{n} {state}" for state, n in sorted(shown["outbox"].items()))
    typer.echo(f"messages: {outbox or 'none yet'}")
    if shown["oldest_waiting"] is not None:
        typer.echo(f"oldest waiting: {moment(shown['oldest_waiting'], zone)}")
    if shown["held"]:
        held = ", ".join(f"{n} for {why}" for why, n in sorted(shown["held"].items()))
        typer.echo(f"held: {held}")
    if (digest := shown["next_digest"]) is not None:
        people = "1 person" if digest["people"] == 1 else f"{digest['people']} people"
        typer.echo(f"next digest: {moment(digest['at'], zone)}, to {people}")
    typer.echo(f"last alert: {moment(shown['last_alert'], zone)}")
