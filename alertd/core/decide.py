"""Fresh reports in, intentions out: which incident, what is news, whom it concerns.

Nothing is done here and nothing is read but the arguments, so last year's rows can be replayed.
"""

from __future__ import annotations

from base64 import b32encode
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Final

from alertd.core import assemble, cluster
from alertd.core.compare import same_name
from alertd.core.lexicon import Weights
from alertd.core.match import concerns, match
from alertd.core.model import Account, Change, Dated, Facts, Incident, Status
from alertd.core.people import Criteria
from alertd.core.plan import (
    Fresh,
    Known,
    Link,
    Merged,
    Plan,
    Revised,
    Seen,
    Touched,
    Verdict,
)

REF_LENGTH: Final = 10


def decide(seen: Seen, weights: Weights, *, lookback: timedelta) -> Plan:
    """Join each fresh report to its incident and say what follows for which criteria."""
    desk = _Desk(weights)
    for id_, known in seen.known.items():
        desk.take(id_, known)
    for fresh in sorted(seen.fresh, key=_age):
        desk.add(fresh, news=is_news(fresh, lookback))
    return desk.plan(seen.criteria, seen.fresh)


def is_news(fresh: Fresh, lookback: timedelta) -> bool:
    """Whether an item is news or history (product rule "What counts as news")."""
    published = fresh.report.published
    if fresh.first_contact or fresh.part_of:
        return published is not None and min(published, fresh.seen_at) >= fresh.seen_at - lookback
    if fresh.dated is Dated.EVENT or published is None or fresh.polled_before is None:
        return True
    return published > fresh.polled_before - lookback


def account(fresh: Fresh, part: int, facts: Facts) -> Account:
    """What one report says of one incident, with who published it and when."""
    published = fresh.report.published or fresh.first_seen
    return Account(
        report=fresh.id,
        part=part,
        source=fresh.report.source,
        publisher=fresh.publisher,
        tier=fresh.tier,
        url=fresh.report.url,
        title=fresh.report.title,
        published=min(published, fresh.seen_at),
        first_seen=fresh.first_seen,
        facts=facts,
        sensitive=fresh.report.sensitive,
    )


def incident_ref(source: str, key: str, subject: str) -> str:
    """The name of an incident for people: from its first report, so any restore gives it again."""
    digest = sha256(f"{source}\n{key}\n{subject}".encode()).digest()
    return b32encode(digest).decode().lower()[:REF_LENGTH]


def _age(fresh: Fresh) -> tuple[datetime, int]:
    return (min(fresh.report.published or fresh.seen_at, fresh.seen_at), fresh.id)


@dataclass(slots=True)
class _Case:
    """One incident while reports are being joined to it."""

    ref: str
    before: Incident | None
    news_before: bool
    accounts: dict[tuple[int, int], Account]
    fresh: list[tuple[Fresh, bool]] = field(default_factory=list)
    merged_into: int | None = None
    absorbed: list[Incident] = field(default_factory=list)

    @property
    def news(self) -> bool:
        return any(news for _, news in self.fresh)


class _Desk:
    """The incidents at hand, found by their look-up keys."""

    def __init__(self, weights: Weights) -> None:
        self._weights = weights
        self._cases: dict[int, _Case] = {}
        self._by_key: dict[str, set[int]] = {}
        self._links: list[Link] = []
        self._merged: list[Merged] = []

    def take(self, id_: int, known: Known) -> None:
        """Lay out an incident that the store already has."""
        accounts = {(item.report, item.part): item for item in known.accounts}
        self._cases[id_] = _Case(known.incident.ref, known.incident, known.news, accounts)
        for item in known.accounts:
            self._index(id_, item)

    def add(self, fresh: Fresh, *, news: bool) -> None:
        """Join one report, part by part, to the incidents that it tells of."""
        if not fresh.reading.relevant:
            return
        for part, facts in enumerate(fresh.reading.incidents):
            item = account(fresh, part, facts)
            id_, reason = self._home(fresh, item)
            case = self._cases[id_]
            case.accounts[(item.report, item.part)] = item
            case.fresh.append((fresh, news))
            self._index(id_, item)
            self._links.append(
                Link(report=fresh.id, part=part, version=fresh.version, incident=id_, reason=reason)
            )

    def plan(self, criteria: Mapping[int, Criteria], fresh: Iterable[Fresh]) -> Plan:
        """What is to be written, now that every report has its place."""
        touched, revised = [], []
        for id_, case in self._cases.items():
            if not case.fresh or case.merged_into is not None:
                continue
            after, changes = _revise(id_, case)
            touched.append(
                Touched(
                    incident=after, news=case.news or case.news_before, keys=_keys(case.accounts)
                )
            )
            if changes:
                revised.append(_revised(case, after, changes, criteria))
        return Plan(
            touched=tuple(touched),
            revised=tuple(revised),
            links=tuple(replace(link, incident=self._final(link.incident)) for link in self._links),
            merged=tuple(self._merged),
            correlated=tuple((item.id, item.version) for item in fresh),
        )

    def _home(self, fresh: Fresh, item: Account) -> tuple[int, str]:
        known = self._older_version(fresh, item)
        if known is not None:
            return known, "the same item, published anew"
        near = {
            self._final(id_)
            for key in cluster.keys(item.facts, item.url)
            for id_ in self._by_key.get(key, ())
        }
        candidates = {id_: tuple(self._cases[id_].accounts.values()) for id_ in sorted(near)}
        placement = cluster.place(item, candidates, self._weights)
        if placement.incident is None:
            return self._open(fresh, item), f"a new incident ({_in_words(placement)})"
        home = placement.incident
        for other in placement.also:
            home = self._merge(home, other)
        return home, f"the same event ({_in_words(placement)})"

    def _older_version(self, fresh: Fresh, item: Account) -> int | None:
        """Where an older version of this item stands; a round-up may have moved its parts."""
        parts = sorted(fresh.part_of, key=lambda part: (part != item.part, part))
        for part in parts:
            id_ = self._final(fresh.part_of[part]) if fresh.part_of[part] in self._cases else None
            old = None if id_ is None else self._cases[id_].accounts.get((fresh.id, part))
            if id_ is not None and old is not None and _same_subject(old.facts, item.facts):
                del self._cases[id_].accounts[fresh.id, part]
                return id_
        return None

    def _open(self, fresh: Fresh, item: Account) -> int:
        id_ = min(self._cases, default=0)
        id_ = min(id_, 0) - 1
        named = "\n".join(one.key for one in item.facts.organisations)
        subject = named or f"part {item.part}"
        ref = incident_ref(fresh.report.source, fresh.report.key, subject)
        self._cases[id_] = _Case(ref, None, news_before=False, accounts={})
        return id_

    def _merge(self, one: int, other: int) -> int:
        into, gone = sorted((one, other), key=lambda id_: (id_ < 0, abs(id_)))
        kept, lost = self._cases[into], self._cases[gone]
        kept.accounts.update(lost.accounts)
        kept.fresh.extend(lost.fresh)
        kept.news_before = kept.news_before or lost.news_before
        kept.absorbed += [*lost.absorbed, *([lost.before] if lost.before else [])]
        lost.merged_into = into
        self._merged.append(Merged(gone=gone, into=into))
        return into

    def _final(self, id_: int) -> int:
        while (into := self._cases[id_].merged_into) is not None:
            id_ = into
        return id_

    def _index(self, id_: int, item: Account) -> None:
        for key in cluster.keys(item.facts, item.url):
            self._by_key.setdefault(key, set()).add(id_)


def _in_words(placement: cluster.Placement) -> str:
    """Which features spoke for and against joining, the weightiest first."""
    told = sorted(placement.reason.items(), key=lambda item: (-abs(item[1]), item[0]))
    listed = ", ".join(f"{name.replace('_', ' ')} {weight:+.1f}" for name, weight in told)
    return f"score {placement.score:+.1f}: {listed}" if listed else "nothing like it is known"


def _keys(accounts: Mapping[tuple[int, int], Account]) -> frozenset[str]:
    return frozenset(
        key for item in accounts.values() for key in cluster.keys(item.facts, item.url)
    )


def _revise(id_: int, case: _Case) -> tuple[Incident, frozenset[Change]]:
    before = case.before
    revision = before.revision if before else 1
    after = replace(assemble.assemble(id_, revision, tuple(case.accounts.values())), ref=case.ref)
    if before is None:
        return after, frozenset({Change.FIRST})
    changes = assemble.changes(before, after)
    if case.news and not case.news_before:
        changes |= {Change.NEWS}
    if case.absorbed:
        changes |= {Change.MERGED}
    return (replace(after, revision=revision + 1) if changes else after), changes


def _revised(
    case: _Case, after: Incident, changes: frozenset[Change], criteria: Mapping[int, Criteria]
) -> Revised:
    news = case.news or case.news_before
    befores = [item for item in (case.before, *case.absorbed) if item is not None]
    verdicts = [_verdict(id_, wanted, befores, after) for id_, wanted in criteria.items()]
    return Revised(
        incident=after,
        changes=changes,
        news=news,
        first_contact=all(fresh.first_contact for fresh, _ in case.fresh),
        seen_at=max(fresh.seen_at for fresh, _ in case.fresh),
        published=max(_age(fresh)[0] for fresh, _ in case.fresh),
        # Those that hold come first: what no longer holds sets aside only what nothing replaced.
        verdicts=tuple(sorted((v for v in verdicts if v), key=lambda v: (not v.holds, v.criteria)))
        if news and after.status is not Status.WITHDRAWN
        else (),
    )


def _verdict(
    id_: int, wanted: Criteria, befores: Sequence[Incident], after: Incident
) -> Verdict | None:
    """What criteria come to; None when they hold neither now nor before."""
    reason = match(wanted, after)
    held = [before for before in befores if match(wanted, before).holds]
    if not reason.holds and not held:
        return None
    return Verdict(
        criteria=id_,
        holds=reason.holds,
        held_before=bool(held),
        concerns=any(
            concerns(wanted, after, before, assemble.changes(before, after)) for before in befores
        ),
        reason=reason,
    )


def _same_subject(one: Facts, two: Facts) -> bool:
    """Whether two versions of a part tell of the same organisations."""
    if not one.organisations or not two.organisations:
        return not one.organisations and not two.organisations
    return any(same_name(a, b) for a in one.organisations for b in two.organisations)
