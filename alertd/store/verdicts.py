"""Operators' verdicts: merges and splits, kept for good, and as examples to learn from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import product

import sqlalchemy as sa

from alertd.core import assemble, codec
from alertd.core.model import Incident, Report
from alertd.core.plan import Known, PartId, Plan
from alertd.core.verdicts import OperatorVerdict, Relation, joined, parted
from alertd.errors import UsageError
from alertd.store.engine import insert_new
from alertd.store.history import ReadHistory
from alertd.store.plans import WriteIncidents, itself_and_absorbed
from alertd.store.reports import OPERATOR, chunks
from alertd.store.tables import (
    alert,
    apart,
    delivery,
    delivery_alert,
    incident,
    incident_key,
    incident_report,
    operator_verdict,
    report_version,
    told,
)

Pair = tuple[int, int]
"""An incident and the number of one of its revisions."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ruled:
    """What an operator's verdict came to: the incident that stays, the other, and who hears.

    ``told`` counts the people who were told before, ``hear`` those of them who will be told
    what is new to them (a merge) or corrected (a split).
    """

    incident: Incident
    other: Incident
    told: int
    hear: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """Two reports, each in the version that the operator saw, and how they are related."""

    relation: Relation
    decided_at: datetime
    one: Report
    other: Report


class ReadVerdicts(ReadHistory):
    """Questions about operators' verdicts."""

    def verdicts_on(self, incident_id: int) -> tuple[OperatorVerdict, ...]:
        """The verdicts that an incident rests on, or that took something from it."""
        ids = itself_and_absorbed(incident_id)
        either = sa.or_(
            operator_verdict.c.incident_id.in_(ids), operator_verdict.c.other_id.in_(ids)
        )
        return tuple(self._verdicts(either))

    def examples(self) -> Iterator[Example]:
        """Every pair of reports that an operator has judged; the later verdict counts."""
        latest: dict[frozenset[PartId], tuple[PartId, PartId, OperatorVerdict]] = {}
        for verdict in self._verdicts(sa.true()):
            for one, other in product(verdict.ours, verdict.theirs):
                latest.pop(frozenset((one, other)), None)
                latest[frozenset((one, other))] = one, other, verdict
        for one, other, verdict in latest.values():
            reports = self._as_seen(one[0], verdict), self._as_seen(other[0], verdict)
            if one[0] != other[0] and reports[0] and reports[1]:
                yield Example(
                    relation=verdict.relation,
                    decided_at=verdict.decided_at,
                    one=reports[0],
                    other=reports[1],
                )

    def redirects_to(self, incident_id: int) -> tuple[str, ...]:
        """The names of the incidents that were merged into one."""
        rows = self.connection.execute(
            sa.select(incident.c.ref)
            .where(incident.c.merged_into == incident_id)
            .order_by(incident.c.id)
        )
        return tuple(rows.scalars())

    def _verdicts(self, which: sa.ColumnElement[bool]) -> Iterator[OperatorVerdict]:
        other = incident.alias("other")
        rows = self.connection.execute(
            sa.select(operator_verdict, incident.c.ref, other.c.ref.label("other_ref"))
            .join(incident, incident.c.id == operator_verdict.c.incident_id)
            .join(other, other.c.id == operator_verdict.c.other_id)
            .where(which)
            .order_by(operator_verdict.c.id)
        ).mappings()
        for row in rows:
            yield OperatorVerdict(
                id=row["id"],
                relation=Relation(row["relation"]),
                decided_at=row["decided_at"],
                incident=row["ref"],
                other=row["other_ref"],
                ours=tuple(codec.loads(list[PartId], row["ours"])),
                theirs=tuple(codec.loads(list[PartId], row["theirs"])),
            )

    def _as_seen(self, report_id: int, verdict: OperatorVerdict) -> Report | None:
        """A report as it was at the time of a verdict; None once it is no longer kept."""
        text = self.connection.execute(
            sa.select(report_version.c.report)
            .where(
                report_version.c.report_id == report_id,
                report_version.c.seen_at <= verdict.decided_at,
            )
            .order_by(report_version.c.version.desc())
            .limit(1)
        ).scalar()
        return None if text is None else codec.loads(Report, text)

    def _told_revisions(self, incident_id: int) -> Mapping[Pair, Incident]:
        """What people were told of an incident, or may be hearing at this moment."""
        ids = itself_and_absorbed(incident_id)
        going = sa.or_(delivery.c.state == "sending", delivery.c.maybe_sent)
        rows = self.connection.execute(
            sa.union(
                sa.select(told.c.told_incident_id, told.c.revision).where(
                    told.c.incident_id.in_(ids)
                ),
                sa.select(alert.c.incident_id, alert.c.revision)
                .join(delivery_alert, delivery_alert.c.alert_id == alert.c.id)
                .join(delivery, delivery.c.id == delivery_alert.c.delivery_id)
                .where(alert.c.incident_id.in_(ids), going),
            )
        )
        pairs = [(row[0], row[1]) for row in rows]
        return self.revisions(pairs) if pairs else {}

    def _count_told(self, incident_id: int, pairs: Sequence[Pair] | None = None) -> int:
        """How many people were told of an incident; of certain revisions only, where given."""
        counted = sa.select(sa.func.count(told.c.subscriber_id.distinct())).where(
            told.c.incident_id.in_(itself_and_absorbed(incident_id))
        )
        if pairs is not None:
            told_so = sa.tuple_(told.c.told_incident_id, told.c.revision)
            counted = counted.where(told_so.in_(pairs))
        return int(self.connection.execute(counted).scalar_one())

    def _standing(self, ref: str) -> Incident:
        """An incident by its name; UsageError where there is none or it was merged away."""
        found = self.incident(ref)
        if found is None:
            raise UsageError(f"there is no incident {ref!r}: see `alertd incident list`")
        if found.ref != ref:
            raise UsageError(
                f"incident {ref} was merged into {found.ref} before: name {found.ref} instead"
            )
        return found


class WriteVerdicts(ReadVerdicts, WriteIncidents):
    """What an operator says is written at once, whatever a daemon does meanwhile."""

    def merge_incidents(
        self, one: str, other: str, now: datetime, *, undo_split: bool = False
    ) -> Ruled:
        """Make two incidents one for good; UsageError says what stands against it."""
        if one == other:
            raise UsageError(f"{one} and {other} are the same incident: name two")
        older, newer = sorted((self._standing(one), self._standing(other)), key=lambda it: it.id)
        known = self.known([older.id, newer.id])
        left, right = known[older.id], known[newer.id]
        if newer.id in left.apart and not undo_split:
            raise UsageError(
                f"{older.ref} and {newer.ref} were split by an operator: "
                "to make them one all the same, say --undo-split"
            )
        before = {**self._told_revisions(older.id), **self._told_revisions(newer.id)}
        plan = joined(left, right, self.criteria((), known), now)
        ours, theirs = _parts(left), _parts(right)
        self._forget_split(ours, theirs)
        written = self.apply(plan, {}, now)
        self._pin(theirs, "merged by the operator; until then: ")
        self._keep(Relation.SAME, (older.id, ours), (newer.id, theirs), now)
        after = written.revised[0].incident
        hear = [pair for pair, was in before.items() if assemble.changes(was, after)]
        return Ruled(
            incident=after,
            other=newer,
            told=self._count_told(older.id),
            hear=self._count_told(older.id, hear),
        )

    def split_incident(self, ref: str, moved: Sequence[PartId], now: datetime) -> Ruled:
        """Move parts of reports into an incident of their own; UsageError where it cannot be."""
        old = self._standing(ref)
        known = self.known([old.id])
        mine, leaving = _parts(known[old.id]), frozenset(moved)
        _refuse_nonsense(ref, mine, leaving)
        before = self._told_revisions(old.id)
        people = self._count_told(old.id)
        reopened = self._merged_as(known[old.id], leaving)
        wanted = self.criteria((), known)
        plan = parted(known[old.id], leaving, wanted, before, now, reopened=reopened)
        self.connection.execute(sa.delete(incident_key).where(incident_key.c.incident_id == old.id))
        written = self.apply(plan, {}, now)
        self._pin(sorted(leaving), "split off by the operator; until then: ")
        return self._ruled(written, mine, people, now)

    def _merged_as(self, known: Known, leaving: frozenset[PartId]) -> Incident | None:
        """The incident that exactly these parts were before it was merged into this one."""
        own = known.incident.id
        sides = {known.sides.get(part, own) for part in leaving}
        side = sides.pop() if len(sides) == 1 else own
        if side == own or any(at == side and it not in leaving for it, at in known.sides.items()):
            return None
        revision = self.connection.execute(
            sa.select(incident.c.revision).where(
                incident.c.id == side, incident.c.merged_into == own
            )
        ).scalar()
        return None if revision is None else self.revision(side, revision)

    def _ruled(self, written: Plan, mine: Sequence[PartId], people: int, now: datetime) -> Ruled:
        new, old = (item.incident for item in written.revised)
        moved = frozenset() if written.parted is None else written.parted.moved
        corrected = () if written.parted is None else sorted(written.parted.corrected)
        stayed = [part for part in mine if part not in moved]
        self._set_apart(stayed, sorted(moved), now)
        self._keep(Relation.DIFFERENT, (old.id, stayed), (new.id, sorted(moved)), now)
        return Ruled(incident=old, other=new, told=people, hear=self._count_told(old.id, corrected))

    def _pin(self, parts: Sequence[PartId], why: str) -> None:
        for some in chunks(parts):
            self.connection.execute(
                sa.update(incident_report)
                .where(sa.tuple_(incident_report.c.report_id, incident_report.c.part).in_(some))
                .values(linked_by=OPERATOR, reason=why + incident_report.c.reason)
            )

    def _keep(
        self,
        relation: Relation,
        one: tuple[int, Sequence[PartId]],
        other: tuple[int, Sequence[PartId]],
        now: datetime,
    ) -> None:
        self.connection.execute(
            sa.insert(operator_verdict).values(
                relation=relation.value,
                decided_at=now,
                incident_id=one[0],
                other_id=other[0],
                ours=codec.dumps(one[1]),
                theirs=codec.dumps(other[1]),
            )
        )

    def _set_apart(self, ours: Sequence[PartId], theirs: Sequence[PartId], now: datetime) -> None:
        pairs = [*product(ours, theirs), *product(theirs, ours)]
        rows = [
            {
                "report_id": one[0],
                "part": one[1],
                "other_report_id": other[0],
                "other_part": other[1],
                "decided_at": now,
            }
            for one, other in pairs
        ]
        insert_new(self.connection, apart, rows)

    def _forget_split(self, ours: Sequence[PartId], theirs: Sequence[PartId]) -> None:
        """The later verdict counts: what was split is no longer held apart."""
        for mine, other in ((ours, theirs), (theirs, ours)):
            for some, others in product(chunks(mine), chunks(other)):
                self.connection.execute(
                    sa.delete(apart).where(
                        sa.tuple_(apart.c.report_id, apart.c.part).in_(some),
                        sa.tuple_(apart.c.other_report_id, apart.c.other_part).in_(others),
                    )
                )


def _parts(known: Known) -> list[PartId]:
    return sorted((item.report, item.part) for item in known.accounts)


def _refuse_nonsense(ref: str, mine: Sequence[PartId], leaving: frozenset[PartId]) -> None:
    strangers = sorted(leaving - set(mine))
    if strangers:
        raise UsageError(
            f"report {strangers[0][0]} is not one of {ref}: see `alertd incident show {ref}`"
        )
    if len(leaving) == len(mine):
        raise UsageError(f"these are all the reports of {ref}: one has to stay")
