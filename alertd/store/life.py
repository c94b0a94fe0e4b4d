"""The daemon's signs of life, so that ``status`` can tell whether one runs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

import sqlalchemy as sa

from alertd.store.engine import upsert
from alertd.store.tables import meta

STARTED_AT: Final = "started_at"
ALIVE_AT: Final = "alive_at"


@dataclass(frozen=True, slots=True)
class Life:
    """When the last daemon on a store began, and when it last wrote that it was alive.

    Both are None before the first daemon, and after one that was stopped in order.
    """

    started_at: datetime | None = None
    alive_at: datetime | None = None


class ReadLife:
    """Questions about the daemon."""

    connection: sa.Connection

    def life(self) -> Life:
        """The signs of life of the last daemon."""
        rows = self.connection.execute(
            sa.select(meta.c.key, meta.c.value).where(meta.c.key.in_([STARTED_AT, ALIVE_AT]))
        )
        found = {row.key: datetime.fromisoformat(row.value) for row in rows}
        return Life(found.get(STARTED_AT), found.get(ALIVE_AT))


class WriteLife(ReadLife):
    """What a daemon writes of itself."""

    def begin_life(self, now: datetime) -> None:
        """A daemon begins."""
        self._note(STARTED_AT, now)
        self._note(ALIVE_AT, now)

    def beat(self, now: datetime) -> None:
        """The daemon is alive."""
        self._note(ALIVE_AT, now)

    def end_life(self) -> None:
        """The daemon ends as it should, and leaves no sign."""
        self.connection.execute(sa.delete(meta).where(meta.c.key.in_([STARTED_AT, ALIVE_AT])))

    def _note(self, key: str, now: datetime) -> None:
        upsert(self.connection, meta, {"key": key, "value": now.isoformat()}, key=["key"])
