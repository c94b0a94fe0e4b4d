"""alertd source."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from alertd.cli.context import (
    SCRATCH,
    Json,
    asking,
    counted,
    moment,
    options_of,
    print_json,
    print_rows,
    run_async,
    unknown_among,
)
from alertd.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from alertd.config import Config
    from alertd.core.feed import Source
    from alertd.core.model import Organisation, Reading, Report
    from alertd.store.sources import Health

app = typer.Typer(help="Where the news comes from.", no_args_is_help=True)


@app.command("list")
def list_sources(context: typer.Context, json: Json = False) -> None:
    """List the sources that are polled, and how they fare."""
    config = options_of(context).load()
    healths = asking(context, lambda rx: rx.healths())
    listed = [described(source, healths) for source in config.sources]
    if json:
        print_json(listed)
        return
    print_rows(
        ("name", "kind", "tier", "country", "state", "last success", "last item", "observed"),
        [
            (
                item["name"],
                item["kind"],
                item["tier"],
                item["country"],
                item["state"],
                moment(item["last_success"], config.timezone),
                moment(item["last_item"], config.timezone),
                "yes" if item["observed"] else "no",
            )
            for item in listed
        ],
        "no source is polled: see polling.sources in the configuration",
    )


@app.command("kinds")
def list_kinds() -> None:
    """List the kinds that a [[source]] may have."""
    from alertd.sources import kinds

    for kind in kinds():
        typer.echo(kind)


@app.command("show")
def show_source(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME")],
    json: Json = False,
) -> None:
    """Show everything about one source: whose it is, how it is read and how it fares."""
    config = options_of(context).load()
    source = named(config, name)
    healths = asking(context, lambda rx: rx.healths())
    shown = in_full(source, config, healths)
    if json:
        print_json(shown)
        return
    for key, value in shown.items():
        typer.echo(f"{key.replace('_', ' ')}: {_in_words(value, config.timezone)}")


@app.command("poll")
def poll_sources(
    context: typer.Context,
    names: Annotated[list[str] | None, typer.Argument(metavar="[NAME...]")] = None,
) -> None:
    """Poll now what is due, or the sources that are named, and join what they bring.

    Messages that follow from it wait for `alertd run`.  The exit code is 1 when a source could
    not be read.
    """
    from alertd.cli.polling import poll_now

    config = options_of(context).load()
    polled = {source.name for source in config.sources}
    wanted = [named(config, name) for name in names or ()]
    for source in wanted:
        if source.name not in polled:
            raise UsageError(f"{source.name} is not polled: add it to polling.sources first")
    went_well = run_async(poll_now(config, wanted))
    raise typer.Exit(0 if went_well else 1)


@app.command("test")
def test_source(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME")],
    limit: Annotated[int, typer.Option(help="Show at most so many items.", min=1)] = 5,
    json: Json = False,
) -> None:
    """Fetch one source and show what would be read from it; nothing is stored."""
    config = options_of(context).load()
    found = run_async(_fetch(config, named(config, name)))
    if json:
        print_json([_item(report, reading) for report, reading in found])
        return
    typer.echo(f"{name}: {counted(len(found), 'item')}")
    for report, reading in found[:limit]:
        _print_item(report, reading, config.timezone)


def named(config: Config, name: str) -> Source:
    """The source of that name, polled or shipped; UsageError with the nearest name."""
    from alertd.sources import catalogue

    known = {**catalogue(), **{source.name: source for source in config.sources}}
    if name in known:
        return known[name]
    raise unknown_among(name, known, "source", "alertd source list")


def described(source: Source, healths: Mapping[str, Health]) -> dict[str, Any]:
    """A source as `source list --json` prints it (fixed)."""
    health = healths.get(source.name)
    return {
        "name": source.name,
        "kind": source.kind,
        "tier": source.tier.value,
        "country": source.country,
        "language": source.language,
        "state": health.state if health else "new",
        "last_success": health.succeeded_at if health else None,
        "last_item": health.item_at if health else None,
        "next_poll": health.due_at if health else None,
        "observed": source.observed,
        "error": health.error if health else None,
    }


def in_full(source: Source, config: Config, healths: Mapping[str, Health]) -> dict[str, Any]:
    """A source as `source show --json` prints it."""
    from alertd.core.duration import write_duration

    health = healths.get(source.name)
    return described(source, healths) | {
        "publisher": source.publisher,
        "licence": source.licence,
        "url": source.request.url,
        "dated": source.dated.value,
        "every": write_duration(source.every),
        "max_items": source.max_items,
        "polled": source.name in {item.name for item in config.sources},
        "default": source.default,
        "first_contact": health.contacted_at if health else None,
        "last_attempt": health.attempted_at if health else None,
        "failures": health.failures if health else 0,
        "items": health.items if health else None,
    }


def _in_words(value: object, zone: str) -> str:
    from datetime import datetime

    if value is None or value == "":
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return moment(value, zone) if isinstance(value, datetime) else str(value)


async def _fetch(config: Config, source: Source) -> list[tuple[Report, Reading]]:
    from dataclasses import replace

    from alertd.app import opened

    async with opened(replace(config, database=SCRATCH), dry_run=True) as app:
        reply = await app.fetcher.fetch(source.request)
        return list(await app.reader.read(source, reply))


def _item(report: Report, reading: Reading) -> dict[str, Any]:
    from alertd.core.codec import plain

    return {"report": plain(report), "reading": plain(reading)}


def _print_item(report: Report, reading: Reading, zone: str) -> None:
    typer.echo(f"\n{moment(report.published, zone)}  {report.title}")
    typer.echo(f"  link: {report.url}")
    if not reading.relevant:
        typer.echo("  not about a breach: it would alert nobody")
    for facts in reading.incidents:
        typer.echo(f"  organisations: {_names(facts.organisations) or 'could not be read'}")
        typer.echo(f"  via: {_names(facts.via) or '-'}")
        typer.echo(f"  data: {', '.join(sorted(facts.data_types)) or 'not known'}")
        typer.echo(f"  not exposed: {', '.join(sorted(facts.not_exposed)) or '-'}")
        typer.echo(f"  status: {facts.status.value}, by {facts.speaker.value}")


def _names(organisations: Iterable[Organisation]) -> str:
    return ", ".join(item.name for item in organisations)
