"""alertd incident list, show; merge, split and corrections stand beside."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from alertd.cli import corrections
from alertd.cli.context import Json, asking, moment, options_of, print_json, print_rows
from alertd.errors import UsageError

if TYPE_CHECKING:
    from alertd.core.model import Incident, People
    from alertd.store import Rx

app = typer.Typer(help="What happened, by whose word.", no_args_is_help=True)
corrections.register(app)


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
    """Show each fact with its evidence, why it is judged so, the timeline and who was told."""
    from alertd.cli.incident import described, print_incident

    def ask(rx: Rx) -> dict[str, Any]:
        found = rx.incident(incident)
        if found is None:
            raise unknown(incident)
        return described(rx, found, incident)

    shown = asking(context, ask)
    if json:
        print_json(shown)
    else:
        print_incident(shown, options_of(context).load().timezone)


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
