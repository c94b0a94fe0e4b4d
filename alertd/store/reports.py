"""Reports: what sources published, version by version, and what is not yet correlated."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from hashlib import sha256
from typing import Final, TypeVar

import sqlalchemy as sa

from alertd.core import codec
from alertd.core.feed import Source
from alertd.core.model import Dated, Reading, Report, Tier
from alertd.core.plan import Fresh
from alertd.store.sources import Health, ReadSources, WriteSources
from alertd.store.tables import incident_report, report, report_version

CHUNK: Final = 500
"""Values in one IN list: well below SQLite's limit on parameters."""

OPERATOR: Final = "operator"
"""Who has put a report in its place, where it was not the machine."""

T = TypeVar("T")

_NEWEST: Final = sa.select(
    report, report_version.c.seen_at, report_version.c.report, report_version.c.reading
).join(
    report_version,
    sa.and_(
        report_version.c.report_id == report.c.id,
        report_version.c.version == report.c.version,
    ),
)
"""Each report in its newest version."""


def chunks(items: Sequence[T], size: int = CHUNK) -> Iterator[Sequence[T]]:
    """The items in pieces that fit one statement."""
    for start in range(0, len(items), size):
        yield items[start : start + size]


class ReadReports(ReadSources):
    """Questions about reports."""

    def fresh(self, limit: int) -> tuple[Fresh, ...]:
        """The oldest reports that no incident knows of in their newest version."""
        statement = _NEWEST.where(report.c.fresh).order_by(report.c.id).limit(limit)
        rows = self.connection.execute(statement).mappings().all()
        joined, pinned = self._parts([row["id"] for row in rows if row["version"] > 1])
        return tuple(
            as_fresh(row, joined.get(row["id"], {}), pinned.get(row["id"], frozenset()))
            for row in rows
        )

    def telling(self, wanted: Callable[[Reading], bool]) -> tuple[Fresh, ...]:
        """The reports whose newest version reads as wanted; all of them are looked at."""
        rows = self.connection.execute(_NEWEST).mappings()
        return tuple(
            as_fresh(row, {}) for row in rows if wanted(codec.loads(Reading, row["reading"]))
        )

    def _parts(
        self, ids: Sequence[int]
    ) -> tuple[Mapping[int, Mapping[int, int]], Mapping[int, frozenset[int]]]:
        """Where the parts of reports stand, and which of them an operator has put there."""
        found: dict[int, dict[int, int]] = {}
        pinned: dict[int, frozenset[int]] = {}
        for some in chunks(ids):
            rows = self.connection.execute(
                sa.select(
                    incident_report.c.report_id,
                    incident_report.c.part,
                    incident_report.c.incident_id,
                    incident_report.c.linked_by,
                ).where(incident_report.c.report_id.in_(some))
            )
            for id_, part, incident, linked_by in rows:
                found.setdefault(id_, {})[part] = incident
                if linked_by == OPERATOR:
                    pinned[id_] = pinned.get(id_, frozenset()) | {part}
        return found, pinned


class WriteReports(ReadReports, WriteSources):
    """Keeping what a poll brought."""

    def keep(self, source: Source, found: Sequence[tuple[Report, Reading]], now: datetime) -> int:
        """Store reports that are new or have changed; return how many."""
        health = self.health(source.name)
        newest = {item.key: (item, reading) for item, reading in found}
        known = self._known(source.name, list(newest))
        kept = 0
        for item, reading in newest.values():
            content = codec.dumps(item)
            digest = sha256(content.encode()).hexdigest()
            if item.key not in known:
                known[item.key] = self._insert(source, item.key, digest, now, health), 1, digest
            elif known[item.key][2] != digest:
                id_, version, _ = known[item.key]
                known[item.key] = id_, version + 1, digest
                self._renew(id_, version + 1, digest)
            else:
                continue
            id_, version, _ = known[item.key]
            self._add_version(id_, version, now, content, reading)
            kept += 1
        return kept

    def _known(self, source_name: str, keys: Sequence[str]) -> dict[str, tuple[int, int, str]]:
        found: dict[str, tuple[int, int, str]] = {}
        for some in chunks(keys):
            rows = self.connection.execute(
                sa.select(report.c.key, report.c.id, report.c.version, report.c.content_hash).where(
                    report.c.source == source_name, report.c.key.in_(some)
                )
            )
            found.update({key: (id_, version, digest) for key, id_, version, digest in rows})
        return found

    def _insert(self, source: Source, key: str, digest: str, now: datetime, health: Health) -> int:
        result = self.connection.execute(
            sa.insert(report)
            .values(
                source=source.name,
                key=key,
                publisher=source.publisher,
                tier=source.tier.value,
                dated=source.dated.value,
                version=1,
                content_hash=digest,
                first_seen=now,
                first_contact=health.contacted_at is None,
                polled_before=health.succeeded_at,
                fresh=True,
            )
            .returning(report.c.id)
        )
        return int(result.scalar_one())

    def _renew(self, id_: int, version: int, digest: str) -> None:
        self.connection.execute(
            sa.update(report)
            .where(report.c.id == id_)
            .values(version=version, content_hash=digest, fresh=True)
        )

    def _add_version(
        self, id_: int, version: int, now: datetime, content: str, reading: Reading
    ) -> None:
        self.connection.execute(
            sa.insert(report_version).values(
                report_id=id_,
                version=version,
                seen_at=now,
                report=content,
                reading=codec.dumps(reading),
            )
        )


def as_fresh(
    row: sa.RowMapping, parts: Mapping[int, int], pinned: frozenset[int] = frozenset()
) -> Fresh:
    """A report version from a row that holds its columns."""
    return Fresh(
        id=row["id"],
        version=row["version"],
        report=codec.loads(Report, row["report"]),
        reading=codec.loads(Reading, row["reading"]),
        publisher=row["publisher"],
        tier=Tier(row["tier"]),
        dated=Dated(row["dated"]),
        first_seen=row["first_seen"],
        seen_at=row["seen_at"],
        first_contact=row["first_contact"],
        polled_before=row["polled_before"],
        part_of=parts,
        pinned=pinned,
    )
