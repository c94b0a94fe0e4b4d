"""Everything that is known of one incident, as JSON values and as a page of text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from textwrap import wrap
from typing import TYPE_CHECKING, Any, Final

import typer

from alertd.cli.context import moment
from alertd.cli.incidents import summary, title_of

if TYPE_CHECKING:
    from alertd.core.model import Account, Incident
    from alertd.core.testimony import Fact
    from alertd.core.verdicts import OperatorVerdict
    from alertd.store import Rx

WIDTH: Final = 100
_SPEAKERS: Final[Mapping[str, str]] = {
    "criminals": "a claim by criminals",
    "reporter": "in its own name",
    "organisation": "the organisation's words",
    "authority": "an authority's words",
}


def described(rx: Rx, incident: Incident, asked: str) -> dict[str, Any]:
    """Everything that is known of an incident; ``asked`` is the name that led to it."""
    from alertd.core.corroboration import backing
    from alertd.core.severity import weighed
    from alertd.core.testimony import testimony

    accounts = rx.accounts([incident.id])[incident.id]
    round_ups = rx.round_ups([item.report for item in accounts])
    grave = weighed(
        incident.data_types,
        status=incident.status,
        corroboration=incident.corroboration,
        people=incident.people,
        forms=frozenset(incident.evidence),
    )
    return summary(incident) | {
        "redirected_from": asked if asked != incident.ref else None,
        "merged": list(rx.redirects_to(incident.id)),
        "not_exposed": sorted(incident.not_exposed),
        "issuers": {str(kind): country for kind, country in sorted(incident.issuers.items())},
        "incident_date": incident.incident_date,
        "evidence": {field: list(said) for field, said in sorted(incident.evidence.items())},
        "dissent": {field: list(said) for field, said in sorted(incident.dissent.items())},
        "corroboration_because": list(backing(accounts).because),
        "severity_because": [
            f"{grave.base.value}: {grave.because}",
            *(f"{step.change:+d}: {step.because}" for step in grave.steps),
        ],
        "facts": [_fact(item, round_ups) for item in testimony(incident, accounts)],
        "reports": list(_reports(rx, incident, accounts, round_ups)),
        "verdicts": [_verdict(item, round_ups) for item in rx.verdicts_on(incident.id)],
        "timeline": list(_timeline(rx, incident)),
        "chain": {
            "suppliers": [_named(item) for item in rx.suppliers_of(incident)],
            "clients": [_named(item) for item in rx.clients_of(incident)],
        },
        "afterwards": [
            {
                "report": str(item.report),
                "publisher": item.publisher,
                "title": item.title,
                "url": item.url,
                "published": item.published.isoformat(),
            }
            for item in rx.aftermath_of(incident.id)
        ],
        "told": rx.told_of(incident.id),
    }


def _number(report: int, part: int, round_ups: frozenset[int]) -> str:
    """What `incident split` takes: a report, or a part of a round-up."""
    return f"{report}/{part + 1}" if report in round_ups else str(report)


def _fact(item: Fact, round_ups: frozenset[int]) -> dict[str, Any]:
    return {
        "field": item.field,
        "values": [{"value": value, "sure": sure} for value, sure in item.values.items()],
        "says": [
            {
                "report": _number(said.report, said.part, round_ups),
                "publisher": said.publisher,
                "values": list(said.values),
                "words": list(said.words),
            }
            for said in item.said
        ],
        "otherwise": list(item.otherwise),
    }


def _reports(
    rx: Rx, incident: Incident, accounts: Sequence[Account], round_ups: frozenset[int]
) -> Iterator[dict[str, Any]]:
    reasons = {(report, part): (by, why) for report, part, by, why in rx.links(incident.id)}
    for account in accounts:
        joined_by, why = reasons[account.report, account.part]
        yield {
            "id": _number(account.report, account.part, round_ups),
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


def _verdict(item: OperatorVerdict, round_ups: frozenset[int]) -> dict[str, Any]:
    return {
        "relation": item.relation.value,
        "decided": item.decided_at.isoformat(),
        "incident": item.incident,
        "other": item.other,
        "reports": [_number(*part, round_ups) for part in item.theirs],
    }


def _timeline(rx: Rx, incident: Incident) -> Iterator[dict[str, Any]]:
    """Each revision: what changed, by which reports, and how many people were sent it."""
    from alertd.core.testimony import brought, differences

    ever = (incident.id, *rx.split_off(incident.id))
    accounts = [item for found in rx.accounts(ever).values() for item in found]
    steps, versions = rx.timeline(incident.id), rx.versions_of(ever)
    known = rx.revisions([(incident.id, number) for number, _, _ in steps])
    told = rx.told_counts(incident.id)
    before, since = None, None
    for number, made_at, changes in steps:
        after = known[incident.id, number]
        seen = {
            item.report
            for item in versions
            if item.seen_at <= made_at and (since is None or item.seen_at > since)
        }
        yield {
            "revision": number,
            "made_at": made_at.isoformat(),
            "changes": list(changes),
            "was_now": [
                {"field": field, "was": was, "now": now}
                for field, was, now in differences(before, after)
            ],
            "by": [
                str(report) for report in sorted(seen & brought(before, after, accounts) or seen)
            ],
            "sent_to": told.get(number, 0),
        }
        before, since = after, made_at


def _named(item: Incident) -> dict[str, Any]:
    return {"id": item.ref, "title": title_of(item), "published": item.published.isoformat()}


def print_incident(shown: Mapping[str, Any], zone: str) -> None:
    """Everything on a page of a hundred columns."""
    for line in _page(shown, zone):
        indent = len(line) - len(line.lstrip())
        cut = wrap(line.strip(), WIDTH - indent - 2, break_long_words=False) or [""]
        typer.echo(" " * indent + f"\n{' ' * (indent + 2)}".join(cut))


def _page(shown: Mapping[str, Any], zone: str) -> Iterator[str]:
    if shown["redirected_from"]:
        yield f"{shown['redirected_from']} was merged into {shown['id']}, which is shown"
    yield from (f"{key}: {shown[key]}" for key in ("id", "title", "status"))
    yield f"corroboration: {shown['corroboration']}"
    yield from (f"  {why}" for why in shown["corroboration_because"])
    yield f"severity: {shown['severity']}"
    yield from (f"  {why}" for why in shown["severity_because"])
    yield f"revision: {shown['revision']}"
    yield from _facts(shown)
    yield from _reports_page(shown, zone)
    yield from _timeline_page(shown, zone)
    yield from _around(shown, zone)
    yield "told:" if shown["told"] else "told: nobody"
    for told in shown["told"]:
        at = moment(told["at"], zone)
        yield f"  {at}  {told['subscriber']} by {told['channel']}, revision {told['revision']}"


def _facts(shown: Mapping[str, Any]) -> Iterator[str]:
    yield "facts:"
    for fact in shown["facts"]:
        listed = (
            f"{item['value']} ({item['sure']})" if item["sure"] else item["value"]
            for item in fact["values"]
        )
        name = fact["field"].replace("_", " ")
        yield f"  {name}: {', '.join(listed)}"
        for said in fact["says"]:
            yield f"    report {said['report']}, {said['publisher']}: {', '.join(said['values'])}"
            yield from (f"      {fact['field']}: “{words}”" for words in said["words"])
        yield from (f"    says otherwise: {other}" for other in fact["otherwise"])
    known = {fact["field"] for fact in shown["facts"]}
    missing = [key for key in ("data_types", "people", "incident_date") if key not in known]
    if missing:
        yield f"  not known: {', '.join(missing).replace('_', ' ')}"


def _reports_page(shown: Mapping[str, Any], zone: str) -> Iterator[str]:
    yield "reports:"
    for item in shown["reports"]:
        at = moment(item["published"], zone)
        yield f"  {item['id']}  {at}  {item['publisher']}: {item['title']}"
        yield f"    {item['url']}"
        yield f"    says it is {item['says']}, {_SPEAKERS[item['speaker']]}"
        yield f"    joined by {item['joined_by']}: {item['joined_because']}"


def _timeline_page(shown: Mapping[str, Any], zone: str) -> Iterator[str]:
    yield "timeline:"
    for step in shown["timeline"]:
        by = f", by report {', '.join(step['by'])}" if step["by"] else ""
        sent = f", sent to {step['sent_to']}" if step["sent_to"] else ""
        at = moment(step["made_at"], zone)
        yield f"  {at}  revision {step['revision']}: {', '.join(step['changes'])}{by}{sent}"
        for item in step["was_now"]:
            name = item["field"].replace("_", " ")
            yield f"    {name}: {item['was'] or 'not known'} → {item['now'] or 'not known'}"
    for item in shown["verdicts"]:
        at, moved = moment(item["decided"], zone), ", ".join(item["reports"])
        did = "merged" if item["relation"] == "same" else "split"
        link = "into" if did == "merged" else "from"
        yield f"  {at}  operator {did} {item['other']} {link} {item['incident']}: report {moved}"


def _around(shown: Mapping[str, Any], zone: str) -> Iterator[str]:
    for key, title in (("suppliers", "happened through"), ("clients", "clients of it")):
        found = shown["chain"][key]
        yield from [f"{title}:"] if found else []
        for item in found:
            yield f"  {item['id']}  {moment(item['published'], zone)}  {item['title']}"
    yield from ["afterwards:"] if shown["afterwards"] else []
    for item in shown["afterwards"]:
        at = moment(item["published"], zone)
        yield f"  {at}  {item['publisher']}: {item['title']}"
        yield f"    {item['url']}"
