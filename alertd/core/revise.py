"""An incident while reports are joined to it: what it comes to, and whom that may concern."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from alertd.core import assemble, cluster
from alertd.core.match import concerns, match
from alertd.core.model import Account, Change, Incident, Status
from alertd.core.people import Criteria
from alertd.core.plan import Fresh, Known, PartId, Revised, Touched, Verdict


@dataclass(slots=True)
class Draft:
    """One incident while reports are being joined to it."""

    ref: str
    before: Incident | None
    news_before: bool
    accounts: dict[PartId, Account]
    sides: dict[PartId, int] = field(default_factory=dict)
    apart: frozenset[int] = frozenset()
    fresh: list[tuple[Fresh, bool]] = field(default_factory=list)
    merged_into: int | None = None
    absorbed: list[Incident] = field(default_factory=list)

    @property
    def news(self) -> bool:
        """Whether any of its reports is news."""
        return self.news_before or any(news for _, news in self.fresh)

    def absorb(self, other: Draft) -> None:
        """Take over all that another incident holds."""
        self.accounts.update(other.accounts)
        self.sides.update(other.sides)
        self.apart |= other.apart
        self.fresh.extend(other.fresh)
        self.news_before = self.news_before or other.news_before
        self.absorbed += [*other.absorbed, *([other.before] if other.before else [])]


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """When what makes a revision was first seen and published, and whether by first contacts."""

    first_contact: bool
    seen_at: datetime
    published: datetime


def drafted(id_: int, known: Known) -> Draft:
    """An incident that the store has, laid out."""
    accounts = {(item.report, item.part): item for item in known.accounts}
    sides = {part: known.sides.get(part, id_) for part in accounts}
    return Draft(known.incident.ref, known.incident, known.news, accounts, sides, known.apart)


def age(fresh: Fresh) -> tuple[datetime, int]:
    """The place of a fresh report in time; a date in the future counts as when it was seen."""
    return (min(fresh.report.published or fresh.seen_at, fresh.seen_at), fresh.id)


def moment(draft: Draft) -> Moment:
    """When the fresh reports of an incident came."""
    return Moment(
        first_contact=all(fresh.first_contact for fresh, _ in draft.fresh),
        seen_at=max(fresh.seen_at for fresh, _ in draft.fresh),
        published=max(age(fresh)[0] for fresh, _ in draft.fresh),
    )


def revise(id_: int, draft: Draft) -> tuple[Incident, frozenset[Change]]:
    """The incident as it is now, at its new number if anything material has changed."""
    before = draft.before
    revision = before.revision if before else 1
    accounts = tuple(draft.accounts.values())
    after = replace(assemble.assemble(id_, revision, accounts, draft.sides), ref=draft.ref)
    if before is None:
        return after, frozenset({Change.FIRST})
    changes = assemble.changes(before, after)
    if draft.news and not draft.news_before:
        changes |= {Change.NEWS}
    if draft.absorbed:
        changes |= {Change.MERGED}
    return (replace(after, revision=revision + 1) if changes else after), changes


def touched(draft: Draft, after: Incident) -> Touched:
    """The incident as it is to be written, with its look-up keys."""
    accounts = draft.accounts.values()
    keys = {key for item in accounts for key in cluster.keys(item.facts, item.url)}
    chain = {key for item in accounts for one in item.facts.via for key in via_keys(one.key)}
    return Touched(incident=after, news=draft.news, keys=frozenset(keys | chain))


def via_keys(*names: str) -> Iterable[str]:
    """The look-up keys of incidents that happened through a supplier of one of these names."""
    return (f"via:{name.replace(' ', '')}" for name in names)


def revised(
    draft: Draft,
    after: Incident,
    changes: frozenset[Change],
    criteria: Mapping[int, Criteria],
    when: Moment,
) -> Revised:
    """A revision with what it comes to for each criteria."""
    befores = [item for item in (draft.before, *draft.absorbed) if item is not None]
    told = draft.news and after.status is not Status.WITHDRAWN
    found = [_verdict(id_, wanted, befores, after) for id_, wanted in criteria.items() if told]
    return Revised(
        incident=after,
        changes=changes,
        news=draft.news,
        first_contact=when.first_contact,
        seen_at=when.seen_at,
        published=when.published,
        verdicts=in_order(item for item in found if item),
    )


def in_order(verdicts: Iterable[Verdict]) -> tuple[Verdict, ...]:
    """Those that hold first: what no longer holds sets aside only what nothing has replaced."""
    return tuple(sorted(verdicts, key=lambda item: (not item.holds, item.criteria)))


def _verdict(
    id_: int, wanted: Criteria, befores: Sequence[Incident], after: Incident
) -> Verdict | None:
    """What criteria come to; None when they hold neither now nor before."""
    reason = match(wanted, after)
    held = any(match(wanted, before).holds for before in befores)
    if not reason.holds and not held:
        return None
    return Verdict(
        criteria=id_,
        holds=reason.holds,
        held_before=held,
        concerns=any(
            concerns(wanted, after, before, assemble.changes(before, after)) for before in befores
        ),
        reason=reason,
    )
