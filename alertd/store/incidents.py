"""Incidents: what is known of them, and the candidates for fresh reports."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Final

import sqlalchemy as sa

from alertd.core import aftermath, cluster, codec
from alertd.core.decide import account
from alertd.core.match import lookups
from alertd.core.model import Account, Facts, Incident
from alertd.core.people import Criteria, Field
from alertd.core.plan import Fresh, Known, PartId, Seen
from alertd.store.reports import ReadReports, as_fresh, chunks
from alertd.store.tables import (
    apart,
    criteria,
    incident,
    incident_key,
    incident_report,
    incident_revision,
    report,
    report_version,
    term,
)

MOST_CANDIDATES: Final = 60
"""Incidents that one look-up key may bring: the latest, since older ones are other events."""


class ReadIncidents(ReadReports):
    """Questions about incidents."""

    def candidates(self, limit: int) -> Seen:
        """Fresh reports with the few incidents and criteria that could concern them."""
        fresh = self.fresh(limit)
        known = self.known(self._near(fresh))
        return Seen(fresh=fresh, known=known, criteria=self.criteria(fresh, known))

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

    def every_incident(self) -> Iterator[Incident]:
        """All incidents as they stand, one after another."""
        rows = self.connection.execute(
            sa.select(incident.c.snapshot).where(incident.c.merged_into.is_(None))
        )
        return (codec.loads(Incident, row.snapshot) for row in rows)

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
                fresh = as_fresh(row, {})
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

    def _near(self, fresh: Iterable[Fresh]) -> list[int]:
        found = {id_ for item in fresh for id_ in item.part_of.values()}
        keys = {
            key
            for item in fresh
            if item.reading.relevant
            for facts in item.reading.incidents
            for key in cluster.keys(facts, item.report.url)
        }
        keys.update(key for item in fresh for key in aftermath.keys(item))
        latest = (
            sa.select(incident_key.c.incident_id)
            .where(incident_key.c.key == sa.bindparam("key"))
            .order_by(incident_key.c.incident_id.desc())
            .limit(MOST_CANDIDATES)
        )
        for key in sorted(keys):
            found.update(self.connection.execute(latest, {"key": key}).scalars())
        return sorted(found)

    def known(self, ids: Sequence[int]) -> Mapping[int, Known]:
        """Incidents as ``decide`` takes them; those that were merged into others are left out."""
        accounts, sides, apart = self.accounts(ids), self._sides(ids), self._apart(ids)
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
                    sides=sides.get(id_, {}),
                    apart=apart.get(id_, frozenset()),
                )
        return known

    def _sides(self, ids: Sequence[int]) -> Mapping[int, Mapping[PartId, int]]:
        """Of what an operator has merged, the incident that each part of a report was in."""
        found: dict[int, dict[PartId, int]] = {}
        for some in chunks(ids):
            rows = self.connection.execute(
                sa.select(
                    incident_report.c.incident_id,
                    incident_report.c.report_id,
                    incident_report.c.part,
                    incident_report.c.side,
                ).where(
                    incident_report.c.incident_id.in_(some),
                    incident_report.c.side != incident_report.c.incident_id,
                )
            )
            for id_, report_id, part, side in rows:
                found.setdefault(id_, {})[report_id, part] = side
        return found

    def _apart(self, ids: Sequence[int]) -> Mapping[int, frozenset[int]]:
        """The incidents that hold a report which an operator has split from one of these."""
        mine, theirs = incident_report.alias("mine"), incident_report.alias("theirs")
        found: dict[int, frozenset[int]] = {}
        for some in chunks(ids):
            rows = self.connection.execute(
                sa.select(mine.c.incident_id, theirs.c.incident_id)
                .distinct()
                .select_from(apart)
                .join(
                    mine,
                    sa.and_(mine.c.report_id == apart.c.report_id, mine.c.part == apart.c.part),
                )
                .join(
                    theirs,
                    sa.and_(
                        theirs.c.report_id == apart.c.other_report_id,
                        theirs.c.part == apart.c.other_part,
                    ),
                )
                .where(mine.c.incident_id.in_(some))
            )
            for id_, other in rows:
                found[id_] = found.get(id_, frozenset()) | {other}
        return found

    def criteria(
        self, fresh: Iterable[Fresh], known: Mapping[int, Known]
    ) -> Mapping[int, Criteria]:
        """The criteria that fresh reports and known incidents could concern."""
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


def _quoted(facts: Facts) -> Iterator[str]:
    return (snippet for found in facts.evidence.values() for snippet in found)
