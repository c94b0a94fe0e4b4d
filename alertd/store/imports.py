"""A list of watches compared with those that are stored, and made true."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from alertd.errors import UsageError
from alertd.store.people import ReadPeople, WritePeople
from alertd.store.tables import watch
from alertd.store.watches import Prepared, chunks

Key = tuple[str, str]
"""A subscriber's name and a watch's name."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One watch of a list: whose it is, and the watch."""

    subscriber: str
    watch: Prepared

    @property
    def key(self) -> Key:
        """What tells it from all others."""
        return self.subscriber, self.watch.name


@dataclass(frozen=True, slots=True)
class Comparison:
    """What a list would change: each a subscriber and the name of a watch.

    ``in_file`` are those that the list has otherwise than the configuration file, which alone
    may change them.
    """

    added: tuple[Key, ...] = ()
    changed: tuple[Key, ...] = ()
    removed: tuple[Key, ...] = ()
    same: int = 0
    in_file: tuple[Key, ...] = ()


class ReadImports(ReadPeople):
    """What a list of watches would change."""

    def compare(self, entries: Sequence[Entry], *, sync: bool) -> Comparison:
        """Compare a list with the stored watches of the subscribers that it names.

        ``sync`` also removes those made by command that the list does not have.
        """
        ids = self.subscriber_ids()
        known = self._stored({name: ids[name] for name in {item.subscriber for item in entries}})
        new = [item for item in entries if item.key not in known]
        other = [
            item for item in entries if item.key in known and item.watch.wish != known[item.key][1]
        ]
        listed = {item.key for item in entries}
        gone = [key for key, (by, _) in known.items() if by == "store" and key not in listed]
        refused = [item.key for item in other if known[item.key][0] == "file"]
        return Comparison(
            added=tuple(item.key for item in new),
            changed=tuple(item.key for item in other if known[item.key][0] == "store"),
            removed=tuple(sorted(gone)) if sync else (),
            same=len(entries) - len(new) - len(other),
            in_file=tuple(refused),
        )

    def _stored(self, subscribers: Mapping[str, int]) -> dict[Key, tuple[str, str]]:
        names = {id_: name for name, id_ in subscribers.items()}
        found: dict[Key, tuple[str, str]] = {}
        for some in chunks(list(names)):
            rows = self.connection.execute(
                sa.select(
                    watch.c.subscriber_id, watch.c.name, watch.c.managed_by, watch.c.wish
                ).where(watch.c.subscriber_id.in_(some))
            )
            found.update(
                ((names[row.subscriber_id], row.name), (row.managed_by, row.wish)) for row in rows
            )
        return found


class WriteImports(ReadImports, WritePeople):
    """Making a list of watches true."""

    def make_true(self, entries: Sequence[Entry], planned: Comparison, now: datetime) -> None:
        """Carry out a comparison.

        Raises:
            UsageError: the watches have changed since it was made, or it touches the file's.
        """
        if self.compare(entries, sync=bool(planned.removed)) != planned or planned.in_file:
            raise UsageError("the watches changed meanwhile, so nothing was done: run it again")
        ids = self.subscriber_ids()
        wanted: Collection[Key] = {*planned.added, *planned.changed}
        self.put_watches(
            [(ids[item.subscriber], item.watch) for item in entries if item.key in wanted],
            "store",
            now,
        )
        gone = [{"of": ids[name], "called": called} for name, called in planned.removed]
        if gone:
            self.connection.execute(
                sa.delete(watch).where(
                    watch.c.subscriber_id == sa.bindparam("of"),
                    watch.c.name == sa.bindparam("called"),
                    watch.c.managed_by == "store",
                ),
                gone,
            )
        self.drop_unused_criteria()
