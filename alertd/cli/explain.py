"""alertd explain."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from alertd.cli.context import (
    Json,
    asking_as_configured,
    moment,
    options_of,
    print_json,
    unknown_among,
)
from alertd.cli.incidents import title_of
from alertd.cli.incidents import unknown as unknown_incident
from alertd.cli.people import unknown as unknown_subscriber
from alertd.errors import UsageError

if TYPE_CHECKING:
    from alertd.core.model import Incident
    from alertd.core.people import Route, Subscriber, Watch
    from alertd.store import Rx
    from alertd.store.suppression import No

LATEST: Final = 20
"""How many incidents a watch is held against when none is named."""


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(explain)


def explain(
    context: typer.Context,
    subscriber: Annotated[
        str | None, typer.Option(help="Who was, or was not, told; may be left out with --watch.")
    ] = None,
    incident: Annotated[
        str | None, typer.Option(help=f"Of what; with --watch: else the latest {LATEST}.")
    ] = None,
    watch: Annotated[str | None, typer.Option(help="Only this watch.")] = None,
    json: Json = False,
) -> None:
    """Say why somebody was told of an incident, or was not.

    With --subscriber and --incident for all watches of a person, or with --watch for one.
    """
    if watch is None and (subscriber is None or incident is None):
        raise UsageError("give --subscriber and --incident, or --watch with either")
    found = asking_as_configured(context, lambda rx: _explained(rx, subscriber, incident, watch))
    if json:
        print_json(found if incident is None else found[0])
        return
    zone = options_of(context).load().timezone
    for shown in found:
        _print(shown, zone)
    if not found:
        typer.echo("no incident yet: see `alertd status`")


def _explained(rx: Rx, name: str | None, ref: str | None, only: str | None) -> list[dict[str, Any]]:
    person = _person(rx, name, only)
    incidents = [item for item, _ in rx.incidents(LATEST)] if ref is None else [_incident(rx, ref)]
    return [_of_one(rx, person, incident, only) for incident in incidents]


def _incident(rx: Rx, ref: str) -> Incident:
    found = rx.incident(ref)
    if found is None:
        raise unknown_incident(ref)
    return found


def _person(rx: Rx, name: str | None, watch: str | None) -> Subscriber:
    """The subscriber named, or the only one with a watch of that name."""
    people = {person.name: person for person, _ in rx.subscribers()}
    if name is not None and name not in people:
        raise unknown_subscriber(name, people)
    asked = people.values() if name is None else (people[name],)
    having = [item for item in asked if watch in {None, *(own.name for own in item.watches)}]
    if not having:
        names = [own.name for item in asked for own in item.watches]
        raise unknown_among(str(watch), names, "watch", "alertd watch list")
    if len(having) > 1:
        owners = ", ".join(item.name for item in having)
        raise UsageError(f"several people have a watch {watch!r}: add --subscriber, of {owners}")
    return having[0]


def _of_one(rx: Rx, person: Subscriber, incident: Incident, only: str | None) -> dict[str, Any]:
    id_ = rx.subscriber_ids()[person.name]
    no = rx.nos_of([person]).get(person.name)
    return {
        "subscriber": person.name,
        "incident": incident.ref,
        "title": title_of(incident),
        "revision": incident.revision,
        "news": rx.is_news(incident.id),
        "watches": [
            _watch(rx, id_, item, incident) for item in person.watches if only in {None, item.name}
        ],
        "suppressed": no is not None,
        "no": _no(no),
        "silences": _silences(rx, id_, incident),
        "routes": [_route(rx, route, person, incident) for route in person.routes],
        "deliveries": list(rx.deliveries_of(id_, incident.id)),
    }


def _watch(rx: Rx, subscriber_id: int, watch: Watch, incident: Incident) -> dict[str, Any]:
    from alertd.core.match import match

    reason = match(watch.criteria, incident)
    ages = rx.term_ages(subscriber_id, watch.name)
    younger = sorted(
        term.key
        for item in reason.criteria
        for term in item.terms
        if (since := ages.get((term.field.value, term.key))) is not None
        and since > incident.first_seen
    )
    return {
        "watch": watch.name,
        "holds": reason.holds,
        "possible": reason.possible,
        "criteria": [
            {"field": item.field, "answer": item.answer.value, "words": item.words}
            for item in reason.criteria
        ],
        "made_after_it_was_first_seen": younger,
    }


def _silences(rx: Rx, subscriber_id: int, incident: Incident) -> list[dict[str, Any]]:
    """Those that held a message, and those that would hold the next one."""
    from alertd.clock import utc_now
    from alertd.core.match import match
    from alertd.core.people import Matched
    from alertd.core.silences import covering

    found = {item.silence.id: item.silence for item in rx.silences_of(subscriber_id, incident.id)}
    watched = ((item.name, match(item.criteria, incident)) for item in rx.watches_of(subscriber_id))
    matched = [Matched(watch=name, reason=reason) for name, reason in watched if reason.holds]
    now = utc_now()
    live = covering(rx.live_silences(subscriber_id, now), incident, incident.ref, matched)
    found |= {} if live is None else {live.id: live}
    return [
        {
            "id": item.id,
            "on": item.shown,
            "until": item.until.isoformat(),
            "active": not item.ended and item.until > now,
            "why": item.why,
        }
        for _, item in sorted(found.items())
    ]


def _no(no: No | None) -> dict[str, Any] | None:
    if no is None:
        return None
    return {"why": no.why, "since": no.since.isoformat(), "of_address": no.of_address}


def _route(rx: Rx, route: Route, person: Subscriber, incident: Incident) -> dict[str, Any]:
    address = route.to or person.email
    return {
        "address_said_no": bool(address and "@" in address and rx.is_suppressed(address)),
        "channel": route.channel,
        "when": route.when,
        "events": sorted(route.events),
        "severe_enough": incident.severity.rank >= route.min_severity.rank,
        "min_severity": route.min_severity.value,
        "quiet": route.quiet,
        "quiet_except": route.quiet_except.value if route.quiet_except else None,
    }


def _print(shown: dict[str, Any], zone: str) -> None:
    head = f"{shown['subscriber']} and incident {shown['incident']}"
    typer.echo(f"{head}, {shown['title']}, revision {shown['revision']}")
    if not shown["news"]:
        typer.echo("  the incident was history when it was first seen: it alerts nobody")
    if shown["no"]:
        typer.echo(f"  {_said_no(shown['subscriber'], shown['no'], zone)}")
    if not shown["watches"]:
        typer.echo("  this person watches nothing: see `alertd watch add --help`")
    for watch in shown["watches"]:
        _print_watch(watch)
    for item in shown["silences"]:
        verb = "holds it" if item["active"] else "held it"
        why = f", {item['why']}" if item["why"] else ""
        until = moment(item["until"], zone)
        typer.echo(f"  silence {item['id']} ({item['on']}) {verb} until {until}{why}")
    for route in shown["routes"]:
        typer.echo(f"  route {_in_words(route)}")
    _print_deliveries(shown["deliveries"], zone)


def _said_no(name: str, no: dict[str, Any], zone: str) -> str:
    """Why nothing is sent to a person, since when, and what would end that."""
    from shlex import quote

    from alertd.store.suppression import PAUSED

    resume = f"alertd subscriber resume {quote(name)}"
    said = f"{no['why']} since {moment(no['since'], zone)}"
    if no["why"] == PAUSED:
        return f"{said}: nothing is sent until `{resume}`"
    by = "as said for every address of theirs" if no["of_address"] else "as they said themselves"
    return f"{said}, {by}: nothing is sent until they opt in again (`{resume} --consent TEXT`)"


def _print_watch(watch: dict[str, Any]) -> None:
    typer.echo(f"  watch {watch['watch']!r} {'holds' if watch['holds'] else 'does not hold'}")
    for item in watch["criteria"]:
        typer.echo(f"    {item['field']}: {item['answer']} ({item['words']})")
    for term in watch["made_after_it_was_first_seen"]:
        typer.echo(f"    {term!r} was added after the incident was first seen: no alert of its own")


def _in_words(route: dict[str, Any]) -> str:
    said = [f"{route['channel']}, {route['when']}"]
    if not route["severe_enough"]:
        said.append(f"only from severity {route['min_severity']} on: this incident is below")
    if route["address_said_no"]:
        said.append("its address has said no: nothing is sent there")
    if route["quiet"]:
        but = f", except {route['quiet_except']}" if route["quiet_except"] else ""
        said.append(f"quiet {route['quiet']}{but}")
    return "; ".join(said)


def _print_deliveries(deliveries: Iterable[dict[str, Any]], zone: str) -> None:
    found = list(deliveries)
    if not found:
        typer.echo("  no message was made")
    for item in found:
        reason = f" ({item['state_reason']})" if item["state_reason"] else ""
        at = f" {moment(item['sent_at'], zone)}" if item["sent_at"] else ""
        typer.echo(
            f"  message {item['id']}, revision {item['revision']}, {item['kind']} by "
            f"{item['channel']}: {item['state']}{reason}{at}, "
            f"{item['last_answer'] or 'not tried yet'}"
        )
