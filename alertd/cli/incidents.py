"""alertd incident."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from alertd.cli.context import Json, asking, moment, options_of, print_json, print_rows
from alertd.errors import UsageError

if TYPE_CHECKING:
    from alertd.core.model import Account, Incident, People
    from alertd.store import Rx

app = typer.Typer(help="What happened, by whose word.", no_args_is_help=True)


@app.command("list")
def list_incidents(
    context: typer.Context,
    limit: Annotated[int, typer.Option(help="At most so many, newest first.", min=1)] = 50,
    json: Json = False,
) -> None:
    """List the latest incidents."""
    found = asking(context, lambda rx: rx.incidents(limit))
    if json:
        print_json([summary(incident) for incident, _ in found])
        return
    zone = options_of(context).load().timezone
    print_rows(
        ("id", "organisation", "status", "sure", "severity", "data", "published", ""),
        [
            (
                incident.ref,
                title_of(incident),
                incident.status.value,
                f"C{incident.corroboration.value}",
                incident.severity.value,
                sorted(incident.data_types),
                moment(incident.published, zone),
                "" if news else "history",
            )
            for incident, news in found
        ],
        "no incident yet: see `alertd status`",
    )


@app.command("show")
def show_incident(
    context: typer.Context,
    incident: Annotated[str, typer.Argument(metavar="INCIDENT")],
    json: Json = False,
) -> None:
    """Show the facts with their evidence, the reports, the timeline and who was told."""

    def ask(rx: Rx) -> dict[str, Any]:
        found = rx.incident(incident)
        if found is None:
            raise unknown(incident)
        return described(rx, found)

    shown = asking(context, ask)
    if json:
        print_json(shown)
    else:
        _print(shown, options_of(context).load().timezone)


def unknown(ref: str) -> UsageError:
    """There is no such incident."""
    return UsageError(f"there is no incident {ref!r}: see `alertd incident list`")


def title_of(incident: Incident) -> str:
    """Whose incident it is, in a few words."""
    return ", ".join(item.name for item in incident.organisations) or incident.title


def summary(incident: Incident) -> dict[str, Any]:
    """An incident as `incident list --json` prints it (fixed)."""
    return {
        "id": incident.ref,
        "title": title_of(incident),
        "organisations": [item.name for item in incident.organisations],
        "via": [item.name for item in incident.via],
        "data_types": sorted(incident.data_types),
        "countries": sorted(incident.countries),
        "people": people(incident.people),
        "status": incident.status.value,
        "corroboration": f"C{incident.corroboration.value}",
        "severity": incident.severity.value,
        "revision": incident.revision,
        "published": incident.published.isoformat(),
        "first_seen": incident.first_seen.isoformat(),
    }


def people(counted: People | None) -> dict[str, Any] | None:
    """How many are affected, as JSON."""
    if counted is None:
        return None
    return {"low": counted.low, "high": counted.high, "unit": counted.unit}


def described(rx: Rx, incident: Incident) -> dict[str, Any]:
    """Everything that is known of an incident."""
    reasons = {(report, part): (by, why) for report, part, by, why in rx.links(incident.id)}
    return summary(incident) | {
        "not_exposed": sorted(incident.not_exposed),
        "issuers": {str(kind): country for kind, country in sorted(incident.issuers.items())},
        "incident_date": incident.incident_date,
        "evidence": {field: list(said) for field, said in sorted(incident.evidence.items())},
        "dissent": {field: list(said) for field, said in sorted(incident.dissent.items())},
        "reports": [
            _report(account, *reasons[account.report, account.part])
            for account in rx.accounts([incident.id])[incident.id]
        ],
        "timeline": [
            {"revision": number, "made_at": at.isoformat(), "changes": list(changes)}
            for number, at, changes in rx.timeline(incident.id)
        ],
        "told": rx.told_of(incident.id),
    }


def _report(account: Account, joined_by: str, why: str) -> dict[str, Any]:
    return {
        "source": account.source,
        "publisher": account.publisher,
        "title": account.title,
        "url": account.url,
        "published": account.published.isoformat(),
        "says": account.facts.status.value,
        "speaker": account.facts.speaker.value,
        "joined_by": joined_by,
        "joined_because": why,
    }


def _print(shown: dict[str, Any], zone: str) -> None:
    for key in ("id", "title", "status", "corroboration", "severity", "revision", "people"):
        typer.echo(f"{key}: {shown[key] if shown[key] is not None else 'not known'}")
    for key in ("via", "data_types", "not_exposed", "countries", "incident_date"):
        value = shown[key]
        said = ", ".join(value) if isinstance(value, list) else value
        typer.echo(f"{key.replace('_', ' ')}: {said or 'not known'}")
    for field, snippets in shown["evidence"].items():
        typer.echo("".join(f"  {field}: “{snippet}”\n" for snippet in snippets), nl=False)
    for field, values in shown["dissent"].items():
        typer.echo(f"  others say, {field}: {'; '.join(values)}")
    _print_history(shown, zone)


def _print_history(shown: dict[str, Any], zone: str) -> None:
    typer.echo("reports:")
    for report in shown["reports"]:
        at = moment(report["published"], zone)
        typer.echo(f"  {at}  {report['publisher']}: {report['title']} ({report['says']})")
        typer.echo(f"    {report['url']}")
        typer.echo(f"    joined by {report['joined_by']}: {report['joined_because']}")
    typer.echo("timeline:")
    for step in shown["timeline"]:
        at = moment(step["made_at"], zone)
        typer.echo(f"  {at}  revision {step['revision']}: {', '.join(step['changes'])}")
    typer.echo("told:" if shown["told"] else "told: nobody")
    for told in shown["told"]:
        at = moment(told["at"], zone)
        typer.echo(
            f"  {at}  {told['subscriber']} by {told['channel']}, revision {told['revision']}"
        )
