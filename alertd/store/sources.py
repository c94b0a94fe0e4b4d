"""Sources: their health, validators and when they are due."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Final

import sqlalchemy as sa

from alertd.core.feed import Validators
from alertd.store.engine import upsert
from alertd.store.tables import source

FULL_FETCH: Final = timedelta(days=1)
"""A source is fetched whole at least this often, whatever its validators say (rule F4)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """What is known of a source."""

    name: str
    url: str = ""
    validators: Validators = field(default_factory=Validators)
    body_hash: str | None = None
    killer_hash: str | None = None
    contacted_at: datetime | None = None
    attempted_at: datetime | None = None
    succeeded_at: datetime | None = None
    full_at: datetime | None = None
    item_at: datetime | None = None
    due_at: datetime | None = None
    wait_until: datetime | None = None
    failures: int = 0
    kills: int = 0
    items: int = 0
    suspended: bool = False
    error: str | None = None

    def at(self, url: str) -> Health:
        """The same for the source at ``url``: what an old address answered says nothing of it."""
        if url == self.url:
            return self
        return replace(
            self,
            url=url,
            validators=Validators(),
            body_hash=None,
            full_at=None,
            suspended=False,
            due_at=None,
            wait_until=None,
        )

    def validators_for(self, now: datetime) -> Validators:
        """What to send with the next request: nothing when a full fetch is due."""
        if self.full_at is None or now - self.full_at >= FULL_FETCH:
            return Validators()
        return self.validators

    @property
    def state(self) -> str:
        """In a word: new, ok, failing or suspended."""
        if self.suspended:
            return "suspended"
        if self.failures:
            return "failing"
        return "ok" if self.succeeded_at else "new"


def _health(row: sa.RowMapping | None, name: str) -> Health:
    if row is None:
        return Health(name=name)
    values: dict[str, Any] = dict(row)
    validators = Validators(values.pop("etag"), values.pop("last_modified"))
    return Health(validators=validators, **values)


class ReadSources:
    """Questions about sources."""

    connection: sa.Connection

    def health(self, name: str) -> Health:
        """What is known of a source; a fresh value for one never polled."""
        rows = self.connection.execute(sa.select(source).where(source.c.name == name))
        return _health(rows.mappings().first(), name)

    def healths(self) -> Mapping[str, Health]:
        """What is known of every source that was ever polled."""
        rows = self.connection.execute(sa.select(source)).mappings()
        return {row["name"]: _health(row, row["name"]) for row in rows}


class WriteSources(ReadSources):
    """What becomes of a poll."""

    def note_failure(
        self,
        name: str,
        url: str,
        error: str,
        now: datetime,
        *,
        due_at: datetime,
        wait_until: datetime | None = None,
        suspend: bool = False,
        killer_hash: str | None = None,
    ) -> int:
        """Record a failed poll; nothing else of the source changes; return failures in a row."""
        known = self.health(name).at(url)
        row = {
            "name": name,
            "url": url,
            "attempted_at": now,
            "failures": known.failures + 1,
            "kills": _kills(known, killer_hash),
            "killer_hash": killer_hash or known.killer_hash,
            "items": known.items,
            "suspended": known.suspended or suspend,
            "error": error,
            "due_at": due_at,
            "wait_until": wait_until,
        }
        upsert(self.connection, source, row, key=["name"])
        return known.failures + 1

    def note_success(
        self,
        name: str,
        url: str,
        now: datetime,
        *,
        due_at: datetime,
        validators: Validators,
        body_hash: str | None,
        items: int | None,
        found: int,
    ) -> None:
        """Record a good poll.

        ``body_hash`` is None when the server said that nothing had changed, ``items`` when
        nothing had.
        """
        known = self.health(name).at(url)
        kept = known.validators if body_hash is None else Validators()
        row = {
            "name": name,
            "url": url,
            "etag": validators.etag or kept.etag,
            "last_modified": validators.last_modified or kept.last_modified,
            "body_hash": body_hash or known.body_hash,
            "contacted_at": known.contacted_at or now,
            "attempted_at": now,
            "succeeded_at": now,
            "full_at": known.full_at if body_hash is None else now,
            "item_at": now if found else known.item_at,
            "failures": 0,
            "kills": 0,
            "items": known.items if items is None else items,
            "suspended": False,
            "error": None,
            "due_at": due_at,
            "wait_until": None,
        }
        upsert(self.connection, source, row, key=["name"])


def _kills(known: Health, killer_hash: str | None) -> int:
    if killer_hash is None:
        return known.kills
    return known.kills + 1 if killer_hash == known.killer_hash else 1
