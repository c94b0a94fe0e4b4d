"""alertd incident merge, split and corrections: what an operator knows better."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from alertd.cli.context import Json, asking, changing, print_json
from alertd.errors import UsageError

if TYPE_CHECKING:
    from alertd.core.model import Incident, Report
    from alertd.core.plan import PartId
    from alertd.store import Rx
    from alertd.store.verdicts import Example, Ruled

_REPORT: Final = re.compile(r"(\d{1,12})(?:/(\d{1,4}))?")
Name = Annotated[str, typer.Argument(metavar="INCIDENT")]


def register(app: typer.Typer) -> None:
    """Put the commands into the group of incidents."""
    app.command("merge")(merge)
    app.command("split")(split)
    app.command("corrections")(corrections)


def merge(
    context: typer.Context,
    incident: Name,
    other: Annotated[str, typer.Argument(metavar="OTHER")],
    undo_split: Annotated[
        bool, typer.Option(help="Although an operator has split them before.")
    ] = False,
    json: Json = False,
) -> None:
    """Make two incidents one for good: the older name stays, the other leads to it."""
    from alertd.clock import utc_now

    now = utc_now()
    ruled = changing(
        context, lambda tx: tx.merge_incidents(incident, other, now, undo_split=undo_split)
    )
    if json:
        print_json(_as_json("same", ruled))
        return
    typer.echo(
        f"merged {ruled.other.ref} into {ruled.incident.ref} ({_title(ruled.incident)}), "
        f"now at revision {ruled.incident.revision}; {ruled.other.ref} leads there from now on"
    )
    typer.echo(f"  {_people(ruled.told)} told before; " + _hear_news(ruled))
    typer.echo(f"  to undo it: alertd incident split {ruled.incident.ref} REPORT…")


def split(
    context: typer.Context,
    incident: Name,
    reports: Annotated[
        list[str],
        typer.Argument(metavar="REPORT…", help="Numbers that `incident show` prints: 12 or 12/2."),
    ],
    json: Json = False,
) -> None:
    """Move reports into an incident of their own; the machine never joins the two again."""
    from alertd.clock import utc_now

    now = utc_now()
    wanted = [_numbers(text) for text in reports]

    def work(tx: Any) -> Ruled:  # noqa: ANN401 - a Tx, which is slow to import here
        found: Ruled = tx.split_incident(incident, _parts(tx, incident, wanted), now)
        return found

    ruled = changing(context, work)
    if json:
        print_json(_as_json("different", ruled))
        return
    typer.echo(
        f"split {ruled.incident.ref}: {', '.join(reports)} moved to {ruled.other.ref} "
        f"({_title(ruled.other)}); the machine will not join the two again"
    )
    typer.echo(f"  {_people(ruled.told)} told before; {_corrected(ruled.hear)}")
    typer.echo(
        f"  to undo it: alertd incident merge {ruled.incident.ref} {ruled.other.ref} --undo-split"
    )


def corrections(context: typer.Context, json: Json = False) -> None:
    """Print merges and splits as labelled pairs of reports, one JSON object a line."""
    import sys
    from json import dumps

    del json  # there is no other form: `alertd assess` and the fit read the same
    for example in asking(context, _examples):
        sys.stdout.write(dumps(_labelled(example), ensure_ascii=False) + "\n")


def _examples(rx: Rx) -> list[Example]:
    return list(rx.examples())


def _numbers(text: str) -> tuple[int, int | None]:
    found = _REPORT.fullmatch(text.strip())
    if found is None:
        raise UsageError(f"{text!r} is no number of a report: `alertd incident show` prints them")
    return int(found[1]), int(found[2]) - 1 if found[2] else None


def _parts(rx: Rx, ref: str, wanted: list[tuple[int, int | None]]) -> list[PartId]:
    """The parts meant: of a report named without one, all that are the incident's."""
    found = rx.incident(ref)
    mine = rx.parts_of(found.id) if found is not None else ()
    parts: list[PartId] = []
    for report, part in wanted:
        meant = [one for one in mine if one[0] == report and part in {None, one[1]}]
        parts += meant or [(report, part or 0)]
    return parts


def _as_json(relation: str, ruled: Ruled) -> dict[str, Any]:
    return {
        "relation": relation,
        "incident": ruled.incident.ref,
        "revision": ruled.incident.revision,
        "other": ruled.other.ref,
        "told_before": ruled.told,
        "to_be_told": ruled.hear,
    }


def _title(incident: Incident) -> str:
    from alertd.cli.incidents import title_of

    return title_of(incident)


def _people(count: int) -> str:
    return {0: "nobody was", 1: "1 person was"}.get(count, f"{count} people were")


def _hear_news(ruled: Ruled) -> str:
    if not ruled.hear:
        return "there is nothing new for them to hear"
    return f"at most {ruled.hear} of them will hear what is new to them"


def _corrected(count: int) -> str:
    if not count:
        return "nobody was told what has left it"
    return f"{count} of them will get a correction"


def _labelled(example: Example) -> dict[str, Any]:
    return {
        "a": _record(example.one),
        "b": _record(example.other),
        "relation": example.relation.value,
        "decided": example.decided_at.isoformat(),
    }


def _record(report: Report) -> dict[str, Any]:
    """A report in the shape that `alertd assess` reads."""
    known = {
        "id": f"{report.source}/{report.key}",
        "source": report.source,
        "published": report.published.isoformat() if report.published else None,
        "url": report.url,
        "title": report.title,
        "text": report.text,
        "lang": report.language,
        "organisation": report.organisations[0] if report.organisations else None,
        "domain": report.domain,
        "data_types": sorted(report.data_types),
        "affected": report.people and (report.people.high or report.people.low),
        "incident_date": report.incident_date,
    }
    return {key: value for key, value in known.items() if value}
