"""alertd look."""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any

import typer

from alertd.cli.context import SCRATCH, Json, counted, moment, options_of, print_json, run_async
from alertd.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from alertd.config import Config
    from alertd.core.model import DataType, Incident, People
    from alertd.look import Hit, Looked, Mention, Unread

FAILED, MATCHED = 1, 10


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(look)


def look(
    context: typer.Context,
    names: Annotated[list[str], typer.Argument(metavar="NAME...")],
    json: Json = False,
) -> None:
    """Say what the sources know of an organisation; nothing is stored, no name is sent.

    The exit code is 10 when an incident matched, 0 when none did and 1 when no source could
    be read.
    """
    wanted = [name.strip() for name in names if name.strip()]
    if not wanted:
        raise UsageError('name an organisation or its domain: alertd look "Almerys"')
    config = options_of(context).load()
    found = run_async(_look(config, wanted))
    if json:
        print_json([*map(_hit_as_json, found.hits), *map(_mention_as_json, found.mentions)])
    else:
        _print(found, wanted, config.timezone)
    _complain(found, config.timezone)
    if found.hits:
        raise typer.Exit(MATCHED)
    raise typer.Exit(FAILED if found.blind else 0)


async def _look(config: Config, names: list[str]) -> Looked:
    from alertd import log
    from alertd.app import opened
    from alertd.look import look

    log.only_faults()
    alone = replace(config, database=_copied(config), subscribers=())  # nobody is to be told
    async with opened(alone, dry_run=True) as app:
        return await look(app, names, progress)


def _copied(config: Config) -> str:
    """The store to take a copy of; none where this person may not read it."""
    from alertd.store.engine import sqlite_path

    try:
        with sqlite_path(config.database).open("rb"):
            return config.database
    except OSError:
        return SCRATCH


def progress(words: str) -> None:
    """Say how long work goes on, on a terminal."""
    if sys.stderr.isatty():
        typer.echo(f"  {words}", err=True)


def _print(found: Looked, names: list[str], zone: str) -> None:
    for hit in found.hits:
        typer.echo("\n".join(_described(hit, zone)) + "\n")
    for mention in found.mentions:
        day = moment(mention.report.published, zone)[:10]
        typer.echo(
            f"{day}  {mention.report.title}\n"
            f"  {mention.name} is only mentioned, not said to be breached\n"
            f"  source: {mention.publisher} {mention.report.url}\n"
        )
    asked = counted(found.sources - len(found.unread), "source")
    if not found.hits and not found.blind:
        typer.echo(f"no incident of {' or '.join(names)} is known to {asked}")


def _described(hit: Hit, zone: str) -> Iterable[str]:
    from alertd.cli.incidents import title_of

    incident = hit.incident
    yield f"{moment(incident.published, zone)[:10]}  {title_of(incident)}: {standing(incident)}"
    if hit.reason.possible:
        yield "  possible match: the name stands in the title, nobody could be read as breached"
    elif hit.reason.role != "breached":
        yield f"  {hit.reason.organisation} is named as the supplier through which it happened"
    yield f"  leaked: {_kinds(incident.data_types) or 'not known'}"
    if incident.not_exposed:
        yield f"  not leaked: {_kinds(incident.not_exposed)}"
    yield f"  how many: {_many(incident.people)}"
    yield f"  happened: {incident.incident_date or 'not known'}"
    for citation in incident.citations:
        day = moment(citation.published, zone)[:10]
        yield f"  source: {citation.publisher}, {day} {citation.url}".rstrip()


def standing(incident: Incident) -> str:
    """The status in words that say no more than is known."""
    from alertd.cli.incidents import title_of
    from alertd.core.model import Status
    from alertd.core.render.words import level

    if incident.status is Status.WITHDRAWN:
        return "withdrawn: the report was taken back"
    if incident.status is Status.DISPUTED:
        return "disputed: it is denied by some"
    sure = level(incident)
    if sure == "claimed":
        return f"claimed by criminals; {title_of(incident)} has not confirmed this"
    if incident.status is Status.CLAIMED:
        return "claimed, not verified"
    confirmed = {"confirmed": "by the organisation", "official": "by an authority"}
    return f"confirmed {confirmed[sure]}" if sure in confirmed else "reported"


def _kinds(codes: Iterable[DataType]) -> str:
    return ", ".join(sorted(codes))


def _many(people: People | None) -> str:
    if people is None or (people.low is None and people.high is None):
        return "not known"
    if people.high is None:
        return f"at least {people.low:,} {people.unit}"
    if people.low is None or people.low == people.high:
        return f"{'at most ' if people.low is None else ''}{people.high:,} {people.unit}"
    return f"{people.low:,} to {people.high:,} {people.unit}"


def _complain(found: Looked, zone: str) -> None:
    """Say of each source that was not read what is used in its place."""
    for unread in found.unread:
        typer.echo(f"alertd: {_missing(unread, zone)}", err=True)


def _missing(unread: Unread, zone: str) -> str:
    used = (
        f"what it held at {moment(unread.known, zone)} is used"
        if unread.known
        else "nothing of it is known"
    )
    return f"{unread.source} could not be read now ({unread.why}); {used}"


def _hit_as_json(hit: Hit) -> dict[str, Any]:
    from alertd.cli.incidents import summary

    incident = hit.incident
    return summary(incident) | {
        "match": "possible" if hit.reason.possible else hit.reason.role,
        "organisation": hit.reason.organisation,
        "not_exposed": sorted(incident.not_exposed),
        "incident_date": incident.incident_date,
        "sources": [
            {"publisher": one.publisher, "published": one.published, "url": one.url}
            for one in incident.citations
        ],
    }


def _mention_as_json(mention: Mention) -> dict[str, Any]:
    return {
        "match": "mentioned",
        "organisation": mention.name,
        "title": mention.report.title,
        "published": mention.report.published,
        "sources": [
            {
                "publisher": mention.publisher,
                "published": mention.report.published,
                "url": mention.report.url,
            }
        ],
    }
