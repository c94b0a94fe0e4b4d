"""A plan written down: incidents, their revisions, links and fan-outs, in one transaction."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

import sqlalchemy as sa

from alertd.core import codec
from alertd.core.match import NO_TERM
from alertd.core.model import Change
from alertd.core.plan import Aftermath, Link, Parted, Plan, Revised, Touched, Verdict
from alertd.errors import Stale
from alertd.store.engine import ignoring, insert_new, upsert
from alertd.store.incidents import ReadIncidents
from alertd.store.reports import WriteReports, chunks
from alertd.store.tables import (
    aftermath,
    fanout,
    incident,
    incident_key,
    incident_report,
    incident_revision,
    report,
    told,
)


class WriteIncidents(ReadIncidents, WriteReports):
    """A plan, written in one transaction."""

    def apply(self, plan: Plan, versions: Mapping[int, int], now: datetime) -> Plan:
        """Write what was decided; Stale when an incident has changed since it was read.

        Returns the plan with the ids that the store gave.
        """
        self._check(versions)
        written = {item.incident.id: self._incident(item) for item in plan.touched}
        ids = {planned: id_ for planned, (id_, _) in written.items()}
        for merged in plan.merged:
            self._merge(
                ids.get(merged.gone, merged.gone),
                ids.get(merged.into, merged.into),
                ids.get(merged.side, merged.side),
            )
        for link in plan.links:
            place = ids.get(link.incident, link.incident)
            self._link(link, place, ids.get(link.side, link.side))
        for sequel in plan.aftermath:
            self._follow(sequel)
        parted = plan.parted and replace(plan.parted, new=ids[plan.parted.new])
        if parted is not None:
            self._part(parted)
        revised = tuple(_named(item, *written[item.incident.id]) for item in plan.revised)
        for item in revised:
            self._revision(item, now)
            insert_new(self.connection, fanout, _fanouts(item, parted))
        if plan.correlated:
            self.connection.execute(
                sa.update(report)
                .where(
                    report.c.id == sa.bindparam("known"),
                    report.c.version == sa.bindparam("read"),
                )
                .values(fresh=False),
                [{"known": id_, "read": version} for id_, version in plan.correlated],
            )
        return replace(plan, revised=revised, parted=parted)

    def _check(self, versions: Mapping[int, int]) -> None:
        for some in chunks(sorted(versions)):
            rows = self.connection.execute(
                sa.select(incident.c.id, incident.c.touched).where(incident.c.id.in_(some))
            )
            for id_, touched in rows:
                if touched != versions[id_]:
                    raise Stale(f"incident {id_} has changed since it was read: decide again")

    def _incident(self, item: Touched) -> tuple[int, str]:
        id_ = item.incident.id
        ref = self._free_ref(item.incident.ref) if id_ < 0 else item.incident.ref
        values = {
            "ref": ref,
            "revision": item.incident.revision,
            "news": item.news,
            "published": item.incident.published,
        }
        if id_ < 0:
            made = self.connection.execute(
                sa.insert(incident)
                .values(**values, touched=0, snapshot="")
                .returning(incident.c.id)
            )
            id_ = int(made.scalar_one())
        snapshot = codec.dumps(replace(item.incident, id=id_, ref=ref))
        self.connection.execute(
            sa.update(incident)
            .where(incident.c.id == id_)
            .values(**values, touched=incident.c.touched + 1, snapshot=snapshot)
        )
        insert_new(
            self.connection,
            incident_key,
            [{"key": key, "incident_id": id_} for key in sorted(item.keys)],
        )
        return id_, ref

    def _free_ref(self, ref: str) -> str:
        """The name for a new incident, numbered where an item told of another before."""
        run = self.connection.execute
        if run(sa.select(incident.c.id).where(incident.c.ref == ref)).first() is None:
            return ref  # nearly always; what follows looks through all incidents
        taken = set(run(sa.select(incident.c.ref).where(incident.c.ref.startswith(ref))).scalars())
        numbered = (f"{ref}{number}" for number in range(2, len(taken) + 3))
        return next(name for name in (ref, *numbered) if name not in taken)

    def _link(self, link: Link, incident_id: int, side: int) -> None:
        upsert(
            self.connection,
            incident_report,
            {
                "report_id": link.report,
                "part": link.part,
                "incident_id": incident_id,
                "side": side,
                "version": link.version,
                "linked_by": "machine",
                "reason": link.reason,
            },
            key=["report_id", "part"],
        )

    def _revision(self, item: Revised, now: datetime) -> None:
        self.connection.execute(
            sa.insert(incident_revision).values(
                incident_id=item.incident.id,
                revision=item.incident.revision,
                made_at=now,
                changes=codec.dumps(item.changes),
                snapshot=codec.dumps(item.incident),
            )
        )

    def _follow(self, sequel: Aftermath) -> None:
        values = {
            "report_id": sequel.report,
            "incident_id": self.final_id(sequel.incident),
            "version": sequel.version,
        }
        upsert(self.connection, aftermath, values, key=["report_id"])

    def _merge(self, gone: int, into: int, side: int) -> None:
        run = self.connection.execute
        run(sa.update(incident).where(incident.c.id == gone).values(touched=incident.c.touched + 1))
        run(
            sa.update(incident)
            .where(sa.or_(incident.c.id == gone, incident.c.merged_into == gone))
            .values(merged_into=into)
        )
        mine = incident_report.c.incident_id == gone
        run(
            sa.update(incident_report).where(mine, incident_report.c.side == gone).values(side=side)
        )
        run(sa.update(incident_report).where(mine).values(incident_id=into))
        run(sa.update(aftermath).where(aftermath.c.incident_id == gone).values(incident_id=into))
        self._move_told(told.c.incident_id == gone, into)

    def _part(self, parted: Parted) -> None:
        self.connection.execute(
            sa.update(incident)
            .where(incident.c.id == parted.new)
            .values(merged_into=None, parted_from=parted.old)
        )
        for some in chunks(sorted(parted.moved)):
            self.connection.execute(
                sa.update(incident_report)
                .where(sa.tuple_(incident_report.c.report_id, incident_report.c.part).in_(some))
                .values(incident_id=parted.new, side=parted.new)
            )
        self._move_told(  # who was told of it before it was merged
            sa.and_(told.c.incident_id == parted.old, told.c.told_incident_id == parted.new),
            parted.new,
        )

    def _move_told(self, which: sa.ColumnElement[bool], into: int) -> None:
        """What people were told moves along; where they were told of both, both are kept."""
        columns = [column.name for column in told.c]
        moved = sa.select(
            *(sa.literal(into) if name == "incident_id" else told.c[name] for name in columns)
        ).where(which)
        self.connection.execute(ignoring(self.connection, told).from_select(columns, moved))
        copy = told.alias("copy")
        self.connection.execute(
            sa.delete(told).where(
                which,
                sa.exists().where(
                    copy.c.incident_id == into,
                    copy.c.subscriber_id == told.c.subscriber_id,
                    copy.c.channel == told.c.channel,
                    copy.c.told_incident_id == told.c.told_incident_id,
                    copy.c.revision == told.c.revision,
                ),
            )
        )


def itself_and_absorbed(incident_id: int) -> sa.Select[int]:
    """The ids under which an incident may have been told."""
    return sa.select(incident.c.id).where(
        sa.or_(incident.c.id == incident_id, incident.c.merged_into == incident_id)
    )


def _named(item: Revised, id_: int, ref: str) -> Revised:
    return replace(item, incident=replace(item.incident, id=id_, ref=ref))


def _fanouts(item: Revised, parted: Parted | None) -> list[dict[str, object]]:
    shared = {
        "incident_id": item.incident.id,
        "revision": item.incident.revision,
        "news": item.news,
        "first_contact": item.first_contact,
        "severity_rank": item.incident.severity.rank,
        "seen_at": item.seen_at,
        "published": item.published,
        "split": item.split,
        "reach": 0,
        "done": False,
    }
    nothing = {"criteria_id": None, "holds": False, "concerns": True, "reason": "{}"}
    if Change.WITHDRAWN in item.changes:
        return [shared | nothing | {"terms": "[]", "split": False}]
    rows = [shared | _verdict(verdict) for verdict in item.verdicts]
    if parted is not None and parted.corrected and parted.old == item.incident.id:
        rows.insert(0, shared | nothing | {"terms": codec.dumps(sorted(parted.corrected))})
    return rows


def _verdict(verdict: Verdict) -> dict[str, object]:
    return {
        "criteria_id": verdict.criteria,
        "holds": verdict.holds,
        "concerns": verdict.concerns,
        "reason": codec.dumps(verdict.reason),
        "terms": codec.dumps([[term.field, term.key] for term in verdict.terms or (NO_TERM,)]),
    }
