"""What ``decide`` is given and what it wants written: frozen, and nothing done yet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from alertd.core.model import Account, Change, Dated, Incident, Reading, Report, Tier
from alertd.core.people import Criteria, Reason, Term

PartId = tuple[int, int]
"""A part of a report: the report's id and the number of the part within it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fresh:
    """A report version that no incident knows of yet.

    ``polled_before`` is when its source was last read with success before the report first
    came, None on first contact; ``part_of`` are the incidents that hold an older version, and
    ``pinned`` the parts that an operator has put there.
    """

    id: int
    version: int
    report: Report
    reading: Reading
    publisher: str
    tier: Tier
    dated: Dated
    first_seen: datetime
    seen_at: datetime
    first_contact: bool
    polled_before: datetime | None
    part_of: Mapping[int, int] = field(default_factory=dict)
    pinned: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """An incident that could be meant, with the accounts it rests on.

    ``news`` says that one of its reports was news; ``touched`` grows with each write and
    guards a plan against what happened since it was read.  ``sides`` gives, for what an
    operator has merged, the incident that each part of a report was in; ``apart`` are the
    incidents that an operator has split from this one.
    """

    incident: Incident
    accounts: tuple[Account, ...]
    news: bool
    touched: int
    sides: Mapping[PartId, int] = field(default_factory=dict)
    apart: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """Everything that ``decide`` may look at."""

    fresh: Sequence[Fresh]
    known: Mapping[int, Known]
    criteria: Mapping[int, Criteria]

    @property
    def versions(self) -> Mapping[int, int]:
        """What ``apply`` checks again: incident id to ``touched``."""
        return {id_: known.touched for id_, known in self.known.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A report's part joined to an incident, and why."""

    report: int
    part: int
    version: int
    incident: int
    reason: str
    side: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Aftermath:
    """A report on what followed from an incident; no incident of its own, and no alert."""

    report: int
    version: int
    incident: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """One criteria against one incident, before and after a revision.

    ``concerns`` says that the revision changes something these criteria care about.
    """

    criteria: int
    holds: bool
    held_before: bool
    concerns: bool
    reason: Reason

    @property
    def terms(self) -> tuple[Term, ...]:
        """The terms that made it hold."""
        return tuple(term for item in self.reason.criteria for term in item.terms)


@dataclass(frozen=True, slots=True, kw_only=True)
class Revised:
    """An incident at a new revision: what changed, whether it is news, whom it may concern.

    ``seen_at`` is when what made the revision was first seen, ``published`` when it was
    published.  ``split`` says that an operator's split made it: it tells nobody by itself.
    """

    incident: Incident
    changes: frozenset[Change]
    news: bool
    first_contact: bool
    seen_at: datetime
    published: datetime
    verdicts: tuple[Verdict, ...] = ()
    split: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Touched:
    """An incident as it stands after the plan, revised or not, and its look-up keys."""

    incident: Incident
    news: bool
    keys: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Merged:
    """Two incidents shown to be one: ``gone`` redirects to ``into``, which is older.

    ``side`` is what the reports of the one that is gone are compared as from now on.
    """

    gone: int
    into: int
    side: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Parted:
    """An incident split by an operator: which parts of reports went where.

    ``corrected`` are the revisions (incident and number) whose readers were told a fact that
    now belongs to ``new``.
    """

    old: int
    new: int
    moved: frozenset[PartId]
    corrected: frozenset[tuple[int, int]] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What ``decide`` wants written; new incidents have negative ids until they are."""

    touched: tuple[Touched, ...] = ()
    revised: tuple[Revised, ...] = ()
    links: tuple[Link, ...] = ()
    merged: tuple[Merged, ...] = ()
    parted: Parted | None = None
    aftermath: tuple[Aftermath, ...] = ()
    correlated: tuple[tuple[int, int], ...] = ()
