"""Fresh reports in, intentions out: which incident, what is news, whom it concerns.

Nothing is done here and nothing is read but the arguments, so last year's rows can be replayed.
"""

from __future__ import annotations

from base64 import b32encode
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256
from typing import Final

from alertd.core import aftermath, cluster
from alertd.core.compare import same_name
from alertd.core.lexicon import Weights
from alertd.core.model import Account, Dated, Facts
from alertd.core.people import Criteria
from alertd.core.plan import Aftermath, Fresh, Known, Link, Merged, Plan, Seen
from alertd.core.revise import Draft, age, drafted, moment, revise, revised, touched

REF_LENGTH: Final = 10
_TELLING: Final = 0.05
"""A feature that weighs less is not worth a word."""


def decide(seen: Seen, weights: Weights, *, lookback: timedelta) -> Plan:
    """Join each fresh report to its incident and say what follows for which criteria."""
    desk = _Desk(weights)
    for id_, known in seen.known.items():
        desk.take(id_, known)
    for fresh in sorted(seen.fresh, key=age):
        desk.add(fresh, news=is_news(fresh, lookback))
    found = ((item, aftermath.home(item, seen.known)) for item in seen.fresh)
    followed = (
        Aftermath(report=item.id, version=item.version, incident=id_)
        for item, id_ in found
        if id_ is not None
    )
    return replace(desk.plan(seen.criteria, seen.fresh), aftermath=tuple(followed))


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
        text=fresh.report.text,
    )


def incident_ref(source: str, key: str, subject: str) -> str:
    """The name of an incident for people: from its first report, so any restore gives it again."""
    digest = sha256(f"{source}\n{key}\n{subject}".encode()).digest()
    return b32encode(digest).decode().lower()[:REF_LENGTH]


def subject(item: Account) -> str:
    """Whom a report's part is about, as the name of its incident tells it."""
    named = "\n".join(one.key for one in item.facts.organisations)
    return named or f"part {item.part}"


class _Desk:
    """The incidents at hand, found by their look-up keys.

    An incident that an operator has merged is compared side by side: a report that is like
    one of its sides belongs to it, however unlike the other side is.
    """

    def __init__(self, weights: Weights) -> None:
        self._weights = weights
        self._drafts: dict[int, Draft] = {}
        self._by_key: dict[str, set[int]] = {}
        self._links: list[Link] = []
        self._merged: list[Merged] = []
        self._renamed: dict[int, int] = {}

    def take(self, id_: int, known: Known) -> None:
        """Lay out an incident that the store already has."""
        self._drafts[id_] = drafted(id_, known)
        for item in known.accounts:
            self._index(id_, item)

    def add(self, fresh: Fresh, *, news: bool) -> None:
        """Join one report, part by part, to the incidents that it tells of."""
        if not fresh.reading.relevant:
            return
        for part, facts in enumerate(fresh.reading.incidents):
            item = account(fresh, part, facts)
            id_, side, reason = self._home(fresh, item)
            draft = self._drafts[id_]
            draft.accounts[item.report, part] = item
            draft.sides[item.report, part] = side
            draft.fresh.append((fresh, news))
            self._index(id_, item)
            self._links.append(
                Link(
                    report=fresh.id,
                    part=part,
                    version=fresh.version,
                    incident=id_,
                    reason=reason,
                    side=side,
                )
            )

    def plan(self, criteria: Mapping[int, Criteria], fresh: Iterable[Fresh]) -> Plan:
        """What is to be written, now that every report has its place."""
        changed, revisions = [], []
        for id_, draft in self._drafts.items():
            if not draft.fresh or draft.merged_into is not None:
                continue
            after, changes = revise(id_, draft)
            changed.append(touched(draft, after))
            if changes:
                revisions.append(revised(draft, after, changes, criteria, moment(draft)))
        return Plan(
            touched=tuple(changed),
            revised=tuple(revisions),
            links=tuple(self._settled(link) for link in self._links),
            merged=tuple(self._merged),
            correlated=tuple((item.id, item.version) for item in fresh),
        )

    def _settled(self, link: Link) -> Link:
        side = link.side
        while side in self._renamed:
            side = self._renamed[side]
        return replace(link, incident=self._final(link.incident), side=side)

    def _home(self, fresh: Fresh, item: Account) -> tuple[int, int, str]:
        """The incident of a report's part, the side that it is like, and why."""
        known = self._older_version(fresh, item)
        if known is not None:
            return *known, "the same item, published anew"
        sides = self._candidates(fresh, item)
        placement = cluster.place(item, {key[1]: sides[key] for key in sides}, self._weights)
        side = placement.incident
        if side is None:
            id_ = self._open(fresh, item)
            return id_, id_, f"a new incident ({_in_words(placement)})"
        incident_of = {key[1]: key[0] for key in sides}
        home = incident_of[side]
        for other in placement.also:
            found = self._final(incident_of[other])
            if found != home and not self._are_apart(home, found):
                home, side = self._merge((home, side), (found, other))
        return home, side, f"the same event ({_in_words(placement)})"

    def _candidates(
        self, fresh: Fresh, item: Account
    ) -> Mapping[tuple[int, int], Sequence[Account]]:
        """The accounts of each side of the incidents that share a key with a report's part.

        Left out are those that an operator has split from where the report stands.
        """
        near = {
            self._final(id_)
            for key in cluster.keys(item.facts, item.url)
            for id_ in self._by_key.get(key, ())
        }
        old = fresh.part_of.get(item.part)
        if old in self._drafts:
            near = {id_ for id_ in near if not self._are_apart(self._final(old), id_)}
        found: dict[tuple[int, int], list[Account]] = {}
        for id_ in sorted(near):
            draft = self._drafts[id_]
            for part, told in draft.accounts.items():
                found.setdefault((id_, draft.sides[part]), []).append(told)
        return found

    def _are_apart(self, one: int, other: int) -> bool:
        mine, theirs = self._drafts[one].apart, self._drafts[other].apart
        return other in self._finals(mine) or one in self._finals(theirs)

    def _finals(self, ids: frozenset[int]) -> set[int]:
        return {self._final(id_) if id_ in self._drafts else id_ for id_ in ids}

    def _older_version(self, fresh: Fresh, item: Account) -> tuple[int, int] | None:
        """Where an older version of this item stands; a round-up may have moved its parts.

        What an operator has put in its place stays there, whatever a new version says.
        """
        parts = sorted(fresh.part_of, key=lambda part: (part != item.part, part))
        for part in parts:
            if fresh.part_of[part] not in self._drafts:
                continue
            id_ = self._final(fresh.part_of[part])
            draft = self._drafts[id_]
            old = draft.accounts.get((fresh.id, part))
            pinned = part == item.part and part in fresh.pinned
            if old is not None and (pinned or _same_subject(old.facts, item.facts)):
                del draft.accounts[fresh.id, part]
                return id_, draft.sides.pop((fresh.id, part))
        return None

    def _open(self, fresh: Fresh, item: Account) -> int:
        id_ = min(self._drafts, default=0)
        id_ = min(id_, 0) - 1
        ref = incident_ref(fresh.report.source, fresh.report.key, subject(item))
        self._drafts[id_] = Draft(ref, None, news_before=False, accounts={})
        return id_

    def _merge(self, one: tuple[int, int], other: tuple[int, int]) -> tuple[int, int]:
        """Join two incidents, each given with the side by which, and give that of the first."""
        (into, side), (gone, lost) = sorted(
            (one, other), key=lambda item: (item[0] < 0, abs(item[0]))
        )
        draft = self._drafts[into]
        draft.absorb(self._drafts[gone])
        self._drafts[gone].merged_into = into
        side = side if lost == gone else gone  # what an operator has merged keeps its sides
        draft.sides |= {part: side for part, was in draft.sides.items() if was == gone}
        self._merged.append(Merged(gone=gone, into=into, side=side))
        if side != gone:
            self._renamed[gone] = side
        return into, self._renamed.get(one[1], one[1])

    def _final(self, id_: int) -> int:
        while (into := self._drafts[id_].merged_into) is not None:
            id_ = into
        return id_

    def _index(self, id_: int, item: Account) -> None:
        for key in cluster.keys(item.facts, item.url):
            self._by_key.setdefault(key, set()).add(id_)


def _in_words(placement: cluster.Placement) -> str:
    """Which features spoke for and against joining, the weightiest first."""
    told = sorted(placement.reason.items(), key=lambda item: (-abs(item[1]), item[0]))
    listed = ", ".join(
        f"{name.replace('_', ' ')} {weight:+.1f}"
        for name, weight in told
        if abs(weight) >= _TELLING
    )
    return f"score {placement.score:+.1f}: {listed}" if listed else "nothing like it is known"


def _same_subject(one: Facts, two: Facts) -> bool:
    """Whether two versions of a part tell of the same organisations."""
    if not one.organisations or not two.organisations:
        return not one.organisations and not two.organisations
    return any(same_name(a, b) for a in one.organisations for b in two.organisations)
