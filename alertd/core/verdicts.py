"""An operator's verdicts: two incidents are one, or some reports of one tell of another.

Pure, as ``decide`` is: they give the plan to be written.  The machine never undoes them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from alertd.core.concerned import keys_of
from alertd.core.decide import incident_ref, subject
from alertd.core.model import Account, Change, Incident, Organisation
from alertd.core.people import Criteria
from alertd.core.plan import Known, Merged, Parted, PartId, Plan, Revised
from alertd.core.revise import Draft, Moment, drafted, in_order, revise, revised, touched
from alertd.core.support import order

NEW = -1
"""The id of the incident that a split makes, until the store gives one."""


class Relation(StrEnum):
    """What an operator says of two reports, in the words of the labelled data."""

    SAME = "same"
    DIFFERENT = "different"


@dataclass(frozen=True, slots=True, kw_only=True)
class OperatorVerdict:
    """What an operator has said: ``incident`` kept its name, ``other`` joined or left it.

    ``ours`` are the parts of reports of the one, ``theirs`` those of the other.
    """

    id: int
    relation: Relation
    decided_at: datetime
    incident: str
    other: str
    ours: tuple[PartId, ...]
    theirs: tuple[PartId, ...]


def joined(older: Known, newer: Known, criteria: Mapping[int, Criteria], now: datetime) -> Plan:
    """Make two incidents one: the older keeps its name, its readers hear what is new to them."""
    id_, gone = older.incident.id, newer.incident.id
    draft = drafted(id_, older)
    draft.absorb(drafted(gone, newer))
    after, changes = revise(id_, draft)
    when = _by_operator(draft.accounts.values(), now)
    return Plan(
        touched=(touched(draft, after),),
        revised=(revised(draft, after, changes, criteria, when),),
        merged=(Merged(gone=gone, into=id_, side=gone),),
    )


def parted(
    known: Known,
    moved: frozenset[PartId],
    criteria: Mapping[int, Criteria],
    told: Mapping[tuple[int, int], Incident],
    now: datetime,
    *,
    reopened: Incident | None = None,
) -> Plan:
    """Move parts of reports into an incident of their own.

    Args:
        known: the incident; at least one part of it is not moved.
        moved: the parts to move, all of them the incident's.
        criteria: those that could hold for either.
        told: the revisions (incident and number) that somebody was told of, as they were.
        now: the time of the verdict.
        reopened: the incident that the parts were before they were merged into this one.
    """
    old = known.incident
    stays, leaves = _halves(known, moved, reopened)
    after, changes = revise(old.id, stays)
    after = replace(after, revision=old.revision + 1)
    new, _ = revise(NEW if reopened is None else reopened.id, leaves)
    new = new if reopened is None else replace(new, revision=reopened.revision + 1)
    when = _by_operator((*stays.accounts.values(), *leaves.accounts.values()), now)
    first = revised(leaves, new, frozenset({Change.SPLIT}), criteria, when)
    second = revised(stays, after, changes | {Change.SPLIT}, criteria, when)
    wrong = (
        was for was, before in told.items() if was[0] != new.id and _is_wrong(before, after, new)
    )
    return Plan(
        touched=(touched(leaves, new), touched(stays, after)),
        revised=(_untold(first), _untold(second)),
        parted=Parted(old=old.id, new=new.id, moved=moved, corrected=frozenset(wrong)),
    )


def _is_wrong(told: Incident, stays: Incident, left: Incident) -> bool:
    """Whether somebody was told a fact that belongs to what has left the incident."""
    return bool(lost(told, stays) - lost(told, left))


def lost(told: Incident, now: Incident) -> frozenset[str]:
    """The facts that were told and are none of the incident's as it is now."""
    gone = {
        *(f"exposed {kind}" for kind in told.data_types - now.data_types),
        *(f"not exposed {kind}" for kind in told.not_exposed - now.not_exposed),
        *(f"organisation {key}" for key in _missing(told.organisations, now.organisations)),
        *(f"via {key}" for key in _missing(told.via, now.via)),
    }
    counted = {"people"} if told.people and told.people != now.people else set()
    dated = {"date"} if told.incident_date and not _agrees(told.incident_date, now) else set()
    surer = {"sure"} if _level(told) > _level(now) else set()
    return frozenset(gone | counted | dated | surer)


def _halves(
    known: Known, moved: frozenset[PartId], reopened: Incident | None
) -> tuple[Draft, Draft]:
    """What stays of an incident and what leaves it."""
    stays = drafted(known.incident.id, known)
    accounts = {part: stays.accounts.pop(part) for part in sorted(moved)}
    for part in moved:
        del stays.sides[part]
    first = min(accounts.values(), key=order)
    made = incident_ref(first.source, first.url, subject(first))
    ref, id_ = (made, NEW) if reopened is None else (reopened.ref, reopened.id)
    sides = dict.fromkeys(accounts, id_)
    return stays, Draft(ref, None, known.news, accounts, sides, known.apart)


def _by_operator(accounts: Iterable[Account], now: datetime) -> Moment:
    """A verdict brings no report: whoever watched when the last of them came may be told."""
    seen_at = max(item.first_seen for item in accounts)
    return Moment(first_contact=False, seen_at=seen_at, published=now)


def _untold(item: Revised) -> Revised:
    """A revision that is told to nobody but those who wait for a message that it replaces."""
    verdicts = in_order(replace(one, concerns=False) for one in item.verdicts)
    return replace(item, news=False, split=True, verdicts=verdicts)


def _missing(told: Iterable[Organisation], now: Iterable[Organisation]) -> list[str]:
    known = {key for item in now for key in keys_of(item)}
    return [item.key for item in told if known.isdisjoint(keys_of(item))]


def _agrees(date: str, now: Incident) -> bool:
    """Whether the incident has that date still, or says it more or less exactly."""
    known = now.incident_date or ""
    return bool(known) and (known.startswith(date) or date.startswith(known))


def _level(incident: Incident) -> int:
    """How sure a reader is told that it is: claimed, reported, confirmed, official."""
    return (incident.corroboration + 1) // 2
