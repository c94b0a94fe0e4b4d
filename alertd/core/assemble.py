"""One incident from the accounts of it: the best supported value of each fact, and who differs.

An authority is believed before the organisation, the organisation before a reporter, a
reporter before criminals; among equals the later word counts.  Nothing hangs on the order in
which accounts are given.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Final

from alertd.core import support
from alertd.core.compare import same_name
from alertd.core.corroboration import corroboration
from alertd.core.model import (
    Account,
    Change,
    Citation,
    DataType,
    Incident,
    Organisation,
    People,
    Speaker,
    Status,
    Tier,
)
from alertd.core.names import fold
from alertd.core.plan import PartId
from alertd.core.severity import severity

_UNITS: Final = ("people", "accounts", "households", "records", "organisations", "files", "GB")
_MORE: Final = 1.5
_LESS: Final = 0.5
_SNIPPETS: Final = 8


def assemble(
    incident: int,
    revision: int,
    accounts: Sequence[Account],
    sides: Mapping[PartId, int] = MappingProxyType({}),
) -> Incident:
    """The incident that some accounts add up to.

    Args:
        incident: its id.
        revision: its number.
        accounts: at least one.
        sides: of what an operator has merged, the incident that each part of a report was in.
    """
    told = sorted(accounts, key=support.order)
    believed = sorted(
        told,
        key=lambda account: (-support.rank(account), account.published, support.order(account)),
    )
    exposed, denied = support.types(told)
    supported = corroboration(told)
    status = support.status(told)
    people = _people(told)
    evidence = _evidence(believed)
    return Incident(
        id=incident,
        revision=revision,
        organisations=_organisations(told, sides),
        via=_merged([item for account in believed for item in account.facts.via]),
        data_types=exposed,
        not_exposed=denied,
        issuers=_issuers(believed, exposed),
        people=people,
        status=status,
        corroboration=supported,
        severity=severity(
            exposed,
            status=status,
            corroboration=supported,
            people=people,
            forms=frozenset(evidence),
        ),
        countries=_countries(told),
        incident_date=_incident_date(believed),
        sensitive=any(account.sensitive for account in told),
        published=min(account.published for account in told),
        first_seen=min(account.first_seen for account in told),
        title=believed[0].title,
        citations=tuple(_citation(account) for account in told),
        dissent=_dissent(told, exposed, denied, people, status),
        evidence=evidence,
    )


def changes(before: Incident, after: Incident) -> frozenset[Change]:
    """The material differences of two revisions; empty where no revision is due.

    A kind of data that was told as exposed and is now denied counts as much as a new one.
    """
    found = {
        Change.DATA_TYPES: bool(after.data_types - before.data_types)
        or bool(before.data_types & after.not_exposed),
        Change.ORGANISATIONS: _new(before.organisations, after.organisations),
        Change.VIA: _new(before.via, after.via),
        Change.PEOPLE: _people_changed(before.people, after.people),
    }
    if before.status is not after.status:
        turn = {
            Status.CONFIRMED: Change.CONFIRMED,
            Status.DISPUTED: Change.DISPUTED,
            Status.WITHDRAWN: Change.WITHDRAWN,
        }.get(after.status)
        if turn:
            found[turn] = True
    return frozenset(change for change, holds in found.items() if holds)


def known_by(told: Sequence[Incident], after: Incident) -> Incident:
    """What somebody knows who was told of several incidents that are one by now.

    Of counts and status, the one that comes nearest to what it is now; ``told`` holds at least
    one incident, the one whose thread goes on first.
    """
    exposed = frozenset(kind for item in told for kind in item.data_types)
    counted = [item.people for item in told if item.people]
    people = next((it for it in counted if not _people_changed(it, after.people)), None)
    surest = max(told, key=lambda item: (item.status is after.status, item.corroboration))
    return replace(
        told[0],
        organisations=_merged([one for item in told for one in item.organisations]),
        via=_merged([one for item in told for one in item.via]),
        data_types=exposed,
        not_exposed=frozenset(kind for item in told for kind in item.not_exposed) - exposed,
        issuers={kind: where for item in told for kind, where in item.issuers.items()},
        people=people or next(iter(counted), None),
        status=surest.status,
        corroboration=surest.corroboration,
        citations=tuple(dict.fromkeys(one for item in told for one in item.citations)),
    )


def _new(before: Sequence[Organisation], after: Sequence[Organisation]) -> bool:
    known = {key for item in before for key in (item.key, *map(fold, item.aliases))}
    return any(known.isdisjoint({item.key, *map(fold, item.aliases)}) for item in after)


def _people_changed(before: People | None, after: People | None) -> bool:
    if after is None:
        return False
    if before is None:
        return True
    if before.unit != after.unit or (before.high is None) != (after.high is None):
        return False
    was, now = _size(before), _size(after)
    return bool(was and now) and (now >= _MORE * was or now <= _LESS * was)


def _size(people: People) -> int:
    return people.low or people.high or 0


def _people(told: Sequence[Account]) -> People | None:
    """The best supported count; a whole before a share, people before accounts, the latest."""
    counted = [account for account in told if account.facts.people]
    if not counted:
        return None
    best = max(
        counted,
        key=lambda account: (*_people_weight(account), account.published, support.order(account)),
    )
    return best.facts.people


def _people_weight(account: Account) -> tuple[int, int, int]:
    people = account.facts.people
    unit = people.unit if people else ""
    place = _UNITS.index(unit) if unit in _UNITS else len(_UNITS)
    whole = people is not None and people.low is not None and people.high is not None
    return min(support.rank(account), support.RANKS[Speaker.ORGANISATION]), -place, int(whole)


def _organisations(
    told: Sequence[Account], sides: Mapping[PartId, int]
) -> tuple[Organisation, ...]:
    """The organisations, variants of a name as aliases of the one most used.

    Reports that name one organisation each name the same one, however they spell it: that is
    why they were joined; not so the sides of what an operator has merged.
    """
    by_side: dict[int, list[Account]] = {}
    for account in told:
        by_side.setdefault(sides.get((account.report, account.part), 0), []).append(account)
    return _merged([item for side in by_side.values() for item in _spelt(side)])


def _spelt(told: Sequence[Account]) -> tuple[Organisation, ...]:
    listed = [item for account in told for item in account.facts.organisations]
    alone = all(len(account.facts.organisations) <= 1 for account in told)
    return _merged(listed, one=alone)


def _merged(listed: Sequence[Organisation], *, one: bool = False) -> tuple[Organisation, ...]:
    groups: list[list[Organisation]] = []
    for item in listed:
        home = next((found for found in groups if one or same_name(found[0], item)), None)
        if home is None:
            groups.append([item])
        else:
            home.append(item)
    return tuple(_joined(found) for found in groups)


def _joined(variants: Sequence[Organisation]) -> Organisation:
    used = Counter(item.key for item in variants)
    best = max(
        variants,
        key=lambda item: (used[item.key], not item.name.isupper(), len(item.name), item.name),
    )
    others = {item.name for item in variants} | {name for item in variants for name in item.aliases}
    return Organisation(
        name=best.name,
        key=best.key,
        aliases=tuple(sorted(others - {best.name, best.key})),
        domains=tuple(dict.fromkeys(sorted(host for item in variants for host in item.domains))),
    )


def _issuers(believed: Sequence[Account], exposed: frozenset[DataType]) -> dict[DataType, str]:
    """The issuing country that most accounts of the greatest weight name."""
    found: dict[DataType, str] = {}
    for code in sorted(exposed):
        votes = Counter(
            account.facts.issuers[code] for account in believed if code in account.facts.issuers
        )
        if votes:
            first = next(
                account.facts.issuers[code] for account in believed if code in account.facts.issuers
            )
            found[code] = max(sorted(votes), key=lambda country: (votes[country], country == first))
    return found


def _countries(told: Sequence[Account]) -> frozenset[str]:
    solid = frozenset(
        code for account in told if support.rank(account) for code in account.facts.countries
    )
    return solid or frozenset(code for account in told for code in account.facts.countries)


def _incident_date(believed: Sequence[Account]) -> str | None:
    stated = [account.facts.incident_date for account in believed if account.facts.incident_date]
    return max(stated, key=len) if stated else None


def _citation(account: Account) -> Citation:
    return Citation(
        publisher=account.publisher,
        published=account.published,
        url=account.url,
        speaker=Speaker.CRIMINALS if account.tier is Tier.CLAIM else account.facts.speaker,
        status=account.facts.status,
    )


def _evidence(believed: Sequence[Account]) -> dict[str, tuple[str, ...]]:
    fields = sorted({field for account in believed for field in account.facts.evidence})
    return {
        field: tuple(
            dict.fromkeys(
                words for account in believed for words in account.facts.evidence.get(field, ())
            )
        )[:_SNIPPETS]
        for field in fields
    }


def _dissent(
    told: Sequence[Account],
    exposed: frozenset[DataType],
    denied: frozenset[DataType],
    people: People | None,
    status: Status,
) -> dict[str, tuple[str, ...]]:
    """Per field, who says otherwise and what, as "publisher: value"."""
    found: dict[str, list[str]] = {"data_types": [], "not_exposed": [], "people": [], "status": []}
    for account in told:
        facts = account.facts
        found["data_types"] += _said(account, sorted(facts.not_exposed & exposed))
        found["not_exposed"] += _said(account, sorted(facts.data_types & denied))
        if facts.people and facts.people != people:
            found["people"] += _said(account, [_written(facts.people)])
        if facts.status is not status:
            found["status"] += _said(account, [facts.status.value])
    return {field: tuple(dict.fromkeys(said)) for field, said in found.items() if said}


def _said(account: Account, values: Sequence[str]) -> list[str]:
    return [f"{account.publisher}: {', '.join(values)}"] if values else []


def _written(people: People) -> str:
    bounds = sorted({str(bound) for bound in (people.low, people.high) if bound is not None})
    return f"{'-'.join(bounds)} {people.unit}"
