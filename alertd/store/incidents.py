"""Incidents: candidates for fresh reports, and a plan written down."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final

import sqlalchemy as sa

from alertd.core import cluster, codec
from alertd.core.decide import account
from alertd.core.match import NO_TERM, lookups
from alertd.core.model import Account, Change, Facts, Incident, Reading, Report
from alertd.core.people import Criteria, Field
from alertd.core.plan import Fresh, Known, Link, Plan, Revised, Seen, Touched, Verdict
from alertd.errors import Stale
from alertd.store.engine import ignoring, insert_new, upsert
from alertd.store.reports import ReadReports, WriteReports, _fresh, chunks
from alertd.store.tables import (
    criteria,
    fanout,
    incident,
    incident_key,
    incident_report,
    incident_revision,
    report,
    report_version,
    term,
    told,
)

MOST_CANDIDATES: Final = 60
"""Incidents that one look-up key may bring: the latest, since older ones are other events."""


class ReadIncidents(ReadReports):
    """Questions about incidents."""

    def candidates(self, limit: int) -> Seen:
        """Fresh reports with the few incidents and criteria that could concern them."""
        fresh = self.fresh(limit)
        known = self._known_incidents(self._near(fresh))
        return Seen(fresh=fresh, known=known, criteria=self._criteria(fresh, known))

    def incident(self, ref: str) -> Incident | None:
        """An incident as it stands, by its public name; a merged one gives what it became."""
        row = self.connection.execute(
            sa.select(incident.c.snapshot, incident.c.merged_into).where(incident.c.ref == ref)
        ).first()
        while row is not None and row.merged_into is not None:
            row = self.connection.execute(
                sa.select(incident.c.snapshot, incident.c.merged_into).where(
                    incident.c.id == row.merged_into
                )
            ).first()
        return None if row is None else codec.loads(Incident, row.snapshot)

    def final_id(self, incident_id: int) -> int:
        """What an incident has become since; itself where it was never joined to another."""
        into: int | None = incident_id
        while into is not None:
            incident_id = into
            into = self.connection.execute(
                sa.select(incident.c.merged_into).where(incident.c.id == incident_id)
            ).scalar()
        return incident_id

    def incidents(self, limit: int = 1_000) -> tuple[tuple[Incident, bool], ...]:
        """The latest incidents, each with whether it was news, newest first."""
        rows = self.connection.execute(
            sa.select(incident.c.snapshot, incident.c.news)
            .where(incident.c.merged_into.is_(None))
            .order_by(incident.c.published.desc(), incident.c.id.desc())
            .limit(limit)
        )
        return tuple((codec.loads(Incident, snapshot), news) for snapshot, news in rows)

    def revision(self, incident_id: int, revision: int) -> Incident:
        """An incident as it was at one revision."""
        return self.revisions([(incident_id, revision)])[incident_id, revision]

    def revisions(self, wanted: Sequence[tuple[int, int]]) -> Mapping[tuple[int, int], Incident]:
        """Incidents as they were at the revisions asked for."""
        rows = self.connection.execute(
            sa.select(
                incident_revision.c.incident_id,
                incident_revision.c.revision,
                incident_revision.c.snapshot,
            ).where(
                sa.tuple_(incident_revision.c.incident_id, incident_revision.c.revision).in_(
                    sorted(set(wanted))
                )
            )
        )
        return {(id_, number): codec.loads(Incident, text) for id_, number, text in rows}

    def timeline(self, incident_id: int) -> tuple[tuple[int, datetime, tuple[str, ...]], ...]:
        """Each revision of an incident: its number, when it was made and what changed."""
        rows = self.connection.execute(
            sa.select(
                incident_revision.c.revision,
                incident_revision.c.made_at,
                incident_revision.c.changes,
            )
            .where(incident_revision.c.incident_id == incident_id)
            .order_by(incident_revision.c.revision)
        )
        return tuple((n, at, tuple(codec.loads(list[str], text))) for n, at, text in rows)

    def accounts(self, ids: Sequence[int]) -> Mapping[int, tuple[Account, ...]]:
        """The accounts that incidents rest on."""
        found: dict[int, list[Account]] = {id_: [] for id_ in ids}
        for some in chunks(ids):
            rows = self.connection.execute(
                sa.select(
                    report,
                    incident_report.c.incident_id,
                    incident_report.c.part,
                    report_version.c.seen_at,
                    report_version.c.report,
                    report_version.c.reading,
                )
                .join(incident_report, incident_report.c.report_id == report.c.id)
                .join(
                    report_version,
                    sa.and_(
                        report_version.c.report_id == report.c.id,
                        report_version.c.version == incident_report.c.version,
                    ),
                )
                .where(incident_report.c.incident_id.in_(some))
                .order_by(report.c.id, incident_report.c.part)
            ).mappings()
            for row in rows:
                fresh = _fresh(row, {})
                facts = fresh.reading.incidents[row["part"]]
                found[row["incident_id"]].append(account(fresh, row["part"], facts))
        return {id_: tuple(items) for id_, items in found.items()}

    def links(self, incident_id: int) -> tuple[tuple[int, int, str, str], ...]:
        """Report, part, who joined it and why, for each report of an incident."""
        rows = self.connection.execute(
            sa.select(
                incident_report.c.report_id,
                incident_report.c.part,
                incident_report.c.linked_by,
                incident_report.c.reason,
            ).where(incident_report.c.incident_id == incident_id)
        )
        return tuple((row[0], row[1], row[2], row[3]) for row in rows)

    def report_text(self, report_id: int) -> tuple[Report, Reading] | None:
        """A report in its newest version, with what was read from it."""
        row = self.connection.execute(
            sa.select(report_version.c.report, report_version.c.reading)
            .where(report_version.c.report_id == report_id)
            .order_by(report_version.c.version.desc())
            .limit(1)
        ).first()
        if row is None:
            return None
        return codec.loads(Report, row[0]), codec.loads(Reading, row[1])

    def _near(self, fresh: Iterable[Fresh]) -> list[int]:
        found = {id_ for item in fresh for id_ in item.part_of.values()}
        keys = {
            key
            for item in fresh
            if item.reading.relevant
            for facts in item.reading.incidents
            for key in cluster.keys(facts, item.report.url)
        }
        for key in sorted(keys):
            found.update(
                self.connection.execute(
                    sa.select(incident_key.c.incident_id)
                    .where(incident_key.c.key == key)
                    .order_by(incident_key.c.incident_id.desc())
                    .limit(MOST_CANDIDATES)
                ).scalars()
            )
        return sorted(found)

    def _known_incidents(self, ids: Sequence[int]) -> Mapping[int, Known]:
        accounts = self.accounts(ids)
        known: dict[int, Known] = {}
        for some in chunks(ids):
            rows = self.connection.execute(
                sa.select(
                    incident.c.id, incident.c.news, incident.c.touched, incident_revision.c.snapshot
                )
                .join(
                    incident_revision,
                    sa.and_(
                        incident_revision.c.incident_id == incident.c.id,
                        incident_revision.c.revision == incident.c.revision,
                    ),
                )
                .where(incident.c.id.in_(some), incident.c.merged_into.is_(None))
            )
            for id_, news, touched, snapshot in rows:
                known[id_] = Known(
                    incident=codec.loads(Incident, snapshot),
                    accounts=accounts[id_],
                    news=news,
                    touched=touched,
                )
        return known

    def _criteria(
        self, fresh: Iterable[Fresh], known: Mapping[int, Known]
    ) -> Mapping[int, Criteria]:
        said = [
            (facts, item.report.title)
            for item in fresh
            if item.reading.relevant
            for facts in item.reading.incidents
        ]
        said += [(item.facts, item.title) for case in known.values() for item in case.accounts]
        wanted = lookups(
            (org for facts, _ in said for org in (*facts.organisations, *facts.via)),
            (kind for facts, _ in said for kind in facts.data_types),
            (code for facts, _ in said for code in facts.countries),
            (text for facts, title in said for text in (title, *_quoted(facts))),
        )
        if any(not facts.organisations for facts, _ in said):
            titles = tuple(title for facts, title in said if not facts.organisations)
            wanted |= lookups((), (), (), titles)
        return self._criteria_by_terms(wanted)

    def _criteria_by_terms(self, wanted: Iterable[tuple[Field, str]]) -> Mapping[int, Criteria]:
        by_field: dict[Field, list[str]] = {}
        for field, key in sorted(wanted):
            by_field.setdefault(field, []).append(key)
        found: dict[int, Criteria] = {}
        for field, keys in by_field.items():
            for some in chunks(keys):
                rows = self.connection.execute(
                    sa.select(criteria.c.id, criteria.c.content)
                    .join(term, term.c.criteria_id == criteria.c.id)
                    .where(term.c.field == field.value, term.c.key.in_(some), term.c.anchor)
                )
                found.update({id_: codec.loads(Criteria, text) for id_, text in rows})
        return found


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
        for report_id, version in plan.correlated:
            self.connection.execute(
                sa.update(report)
                .where(report.c.id == report_id, report.c.version == version)
                .values(fresh=False)
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
        taken = set(
            self.connection.execute(
                sa.select(incident.c.ref).where(incident.c.ref.startswith(ref))
            ).scalars()
        )
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


def _quoted(facts: Facts) -> Iterator[str]:
    return (snippet for found in facts.evidence.values() for snippet in found)


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
