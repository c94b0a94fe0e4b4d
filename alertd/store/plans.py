"""A plan written down: incidents, their revisions, links and fan-outs, in one transaction."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

import sqlalchemy as sa

from alertd.core import codec
from alertd.core.match import NO_TERM
from alertd.core.model import Change
from alertd.core.plan import Link, Plan, Revised, Touched, Verdict
from alertd.errors import Stale
from alertd.store.engine import ignoring, insert_new, upsert
from alertd.store.incidents import ReadIncidents
from alertd.store.reports import WriteReports, chunks
from alertd.store.tables import (
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
            self._merge(ids.get(merged.gone, merged.gone), ids.get(merged.into, merged.into))
        for link in plan.links:
            self._link(link, ids.get(link.incident, link.incident))
        revised = tuple(_named(item, *written[item.incident.id]) for item in plan.revised)
        for item in revised:
            self._revision(item, now)
            insert_new(self.connection, fanout, _fanouts(item))
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
        return replace(plan, revised=revised)

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

    def _link(self, link: Link, incident_id: int) -> None:
        upsert(
            self.connection,
            incident_report,
            {
                "report_id": link.report,
                "part": link.part,
                "incident_id": incident_id,
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

    def _merge(self, gone: int, into: int) -> None:
        run = self.connection.execute
        run(
            sa.update(incident)
            .where(incident.c.id == gone)
            .values(merged_into=into, touched=incident.c.touched + 1)
        )
        run(
            sa.update(incident_report)
            .where(incident_report.c.incident_id == gone)
            .values(incident_id=into)
        )
        moved = sa.select(
            told.c.subscriber_id,
            sa.literal(into),
            told.c.channel,
            told.c.told_incident_id,
            told.c.revision,
            told.c.first_message_id,
            told.c.last_message_id,
            told.c.told_at,
        ).where(told.c.incident_id == gone)
        columns = [
            "subscriber_id",
            "incident_id",
            "channel",
            "told_incident_id",
            "revision",
            "first_message_id",
            "last_message_id",
            "told_at",
        ]
        run(ignoring(self.connection, told).from_select(columns, moved))


def _named(item: Revised, id_: int, ref: str) -> Revised:
    return replace(item, incident=replace(item.incident, id=id_, ref=ref))


def _fanouts(item: Revised) -> list[dict[str, object]]:
    shared = {
        "incident_id": item.incident.id,
        "revision": item.incident.revision,
        "news": item.news,
        "first_contact": item.first_contact,
        "severity_rank": item.incident.severity.rank,
        "seen_at": item.seen_at,
        "published": item.published,
        "reach": 0,
        "done": False,
    }
    if Change.WITHDRAWN in item.changes:
        nothing = {
            "criteria_id": None,
            "holds": False,
            "concerns": True,
            "reason": "{}",
            "terms": "[]",
        }
        return [shared | nothing]
    return [shared | _verdict(verdict) for verdict in item.verdicts]


def _verdict(verdict: Verdict) -> dict[str, object]:
    return {
        "criteria_id": verdict.criteria,
        "holds": verdict.holds,
        "concerns": verdict.concerns,
        "reason": codec.dumps(verdict.reason),
        "terms": codec.dumps([[term.field, term.key] for term in verdict.terms or (NO_TERM,)]),
    }
