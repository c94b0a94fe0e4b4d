"""What became of an incident: its reports' versions, its chain, what followed, who was told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import sqlalchemy as sa

from alertd.core import codec
from alertd.core.concerned import keys_of
from alertd.core.model import Incident, Organisation, Report
from alertd.core.plan import PartId
from alertd.core.revise import via_keys
from alertd.store.incidents import ReadIncidents
from alertd.store.tables import (
    aftermath,
    alert,
    delivery,
    delivery_alert,
    incident,
    incident_key,
    incident_report,
    report,
    report_version,
)

CHAIN: Final = timedelta(days=400)
"""Clients of a supplier give notice for a year after its breach, seldom longer."""
MOST_LINKS: Final = 50
"""Incidents of a chain that are looked at: the latest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sequel:
    """A report on what followed from an incident."""

    report: int
    publisher: str
    title: str
    url: str
    published: datetime


@dataclass(frozen=True, slots=True)
class Version:
    """A version of a report, and when it was first seen."""

    report: int
    version: int
    seen_at: datetime


class ReadHistory(ReadIncidents):
    """Questions about what became of an incident."""

    def aftermath_of(self, incident_id: int) -> tuple[Sequel, ...]:
        """The reports on what followed from an incident, oldest first."""
        rows = self.connection.execute(
            sa.select(report.c.id, report.c.publisher, report.c.first_seen, report_version.c.report)
            .join(aftermath, aftermath.c.report_id == report.c.id)
            .join(
                report_version,
                sa.and_(
                    report_version.c.report_id == report.c.id,
                    report_version.c.version == aftermath.c.version,
                ),
            )
            .where(aftermath.c.incident_id == incident_id)
        )
        found = (
            (id_, publisher, seen, codec.loads(Report, text)) for id_, publisher, seen, text in rows
        )
        listed = [
            Sequel(
                report=id_,
                publisher=publisher,
                title=item.title,
                url=item.url,
                published=item.published or seen,
            )
            for id_, publisher, seen, item in found
        ]
        return tuple(sorted(listed, key=lambda item: (item.published, item.report)))

    def suppliers_of(self, item: Incident) -> tuple[Incident, ...]:
        """The incidents of the suppliers through which it happened, in its time."""
        keys = {f"sq:{name}" for org in item.via for name in _squashed(org)}
        wanted = {name for org in item.via for name in _squashed(org)}
        return tuple(
            found
            for found in self._by_keys(keys, item)
            if any(wanted & _squashed(org) for org in found.organisations)
        )

    def clients_of(self, item: Incident) -> tuple[Incident, ...]:
        """The incidents that happened through the organisations of this one, in its time."""
        wanted = {name for org in item.organisations for name in _squashed(org)}
        return tuple(
            found
            for found in self._by_keys(set(via_keys(*wanted)), item)
            if any(wanted & _squashed(org) for org in found.via)
        )

    def split_off(self, incident_id: int) -> tuple[int, ...]:
        """The incidents that an operator has split from one."""
        rows = self.connection.execute(
            sa.select(incident.c.id).where(incident.c.parted_from == incident_id)
        )
        return tuple(rows.scalars())

    def versions_of(self, ids: Sequence[int]) -> tuple[Version, ...]:
        """Every version of the reports of some incidents, in the order in which they came."""
        rows = self.connection.execute(
            sa.select(
                report_version.c.report_id, report_version.c.version, report_version.c.seen_at
            )
            .where(
                report_version.c.report_id.in_(
                    sa.select(incident_report.c.report_id).where(
                        incident_report.c.incident_id.in_(ids)
                    )
                )
            )
            .order_by(report_version.c.seen_at, report_version.c.report_id)
        )
        return tuple(Version(*row) for row in rows)

    def round_ups(self, reports: Sequence[int]) -> frozenset[int]:
        """Those of some reports that tell of several incidents."""
        rows = self.connection.execute(
            sa.select(incident_report.c.report_id)
            .where(incident_report.c.report_id.in_(reports))
            .group_by(incident_report.c.report_id)
            .having(sa.func.count() > 1)
        )
        return frozenset(rows.scalars())

    def parts_of(self, incident_id: int) -> tuple[PartId, ...]:
        """The parts of reports that an incident rests on."""
        rows = self.connection.execute(
            sa.select(incident_report.c.report_id, incident_report.c.part)
            .where(incident_report.c.incident_id == incident_id)
            .order_by(incident_report.c.report_id, incident_report.c.part)
        )
        return tuple((row[0], row[1]) for row in rows)

    def told_counts(self, incident_id: int) -> Mapping[int, int]:
        """How many people each revision of an incident was sent to."""
        rows = self.connection.execute(
            sa.select(alert.c.revision, sa.func.count(alert.c.subscriber_id.distinct()))
            .join(delivery_alert, delivery_alert.c.alert_id == alert.c.id)
            .join(delivery, delivery.c.id == delivery_alert.c.delivery_id)
            .where(alert.c.incident_id == incident_id, delivery.c.state == "sent")
            .group_by(alert.c.revision)
        )
        return {row[0]: row[1] for row in rows}

    def _by_keys(self, keys: set[str], near: Incident) -> tuple[Incident, ...]:
        ids: set[int] = set()
        for key in sorted(keys):
            ids.update(
                self.connection.execute(
                    sa.select(incident_key.c.incident_id)
                    .where(incident_key.c.key == key, incident_key.c.incident_id != near.id)
                    .order_by(incident_key.c.incident_id.desc())
                    .limit(MOST_LINKS)
                ).scalars()
            )
        rows = self.connection.execute(
            sa.select(incident.c.snapshot).where(
                incident.c.id.in_(sorted(ids)),
                incident.c.merged_into.is_(None),
                incident.c.published.between(near.published - CHAIN, near.published + CHAIN),
            )
        )
        found = [codec.loads(Incident, text) for text in rows.scalars()]
        return tuple(sorted(found, key=lambda item: (item.published, item.id)))


def _squashed(item: Organisation) -> frozenset[str]:
    return frozenset(key.replace(" ", "") for key in keys_of(item))
