"""What people watch: criteria shared by all who ask the same, and since when each term counts."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime
from hashlib import sha256
from json import JSONEncoder
from typing import Final, TypeVar

import sqlalchemy as sa

from alertd import __version__
from alertd.core import codec
from alertd.core.match import terms
from alertd.core.people import Criteria, Term, Watch
from alertd.core.widen import Registry
from alertd.errors import UsageError
from alertd.store.engine import ignoring, insert_many, upsert
from alertd.store.incidents import ReadIncidents
from alertd.store.plans import WriteIncidents
from alertd.store.rows import UtcDateTime
from alertd.store.tables import (
    criteria,
    meta,
    subscriber,
    term,
    watch,
    watch_term,
)

T = TypeVar("T")
AT_ONCE: Final = 500
"""Values in one statement; SQLite takes no more than 999 in its older versions."""


@dataclass(frozen=True, slots=True)
class Listed:
    """A watch with whose it is, and who manages it: ``file`` or ``store``."""

    subscriber: str
    watch: Watch
    managed_by: str


@dataclass(frozen=True, slots=True)
class Prepared:
    """A watch as it will be written, worked out before a transaction begins.

    ``content`` and ``wish`` are its criteria and what the person wrote, as texts.
    """

    name: str
    content: str
    wish: str
    terms: tuple[Term, ...]

    @property
    def digest(self) -> str:
        """What equal criteria are found by."""
        return sha256(self.content.encode()).hexdigest()


def prepared(item: Watch) -> Prepared:
    """A watch ready to be written."""
    content = text_of(item.criteria)
    wish = content if item.written == item.criteria else text_of(item.written)
    return Prepared(item.name, content, wish, terms(item.criteria))


class ReadWatches(ReadIncidents):
    """Questions about watches."""

    def watches_of(self, subscriber_id: int) -> tuple[Watch, ...]:
        """The watches of a subscriber."""
        rows = self.connection.execute(_WATCHES.where(watch.c.subscriber_id == subscriber_id))
        return tuple(_watch(row.name, row.content, row.wish) for row in rows)

    def watchlist(self) -> Iterator[Listed]:
        """Every watch of everybody who is not removed, by subscriber and name."""
        rows = self.connection.execute(
            _WATCHES.join(subscriber, subscriber.c.id == watch.c.subscriber_id)
            .add_columns(subscriber.c.name.label("subscriber"), watch.c.managed_by)
            .where(subscriber.c.active)
            .order_by(None)
            .order_by(subscriber.c.name, watch.c.name)
        )
        for row in rows:
            yield Listed(row.subscriber, _watch(row.name, row.content, row.wish), row.managed_by)

    def term_ages(self, subscriber_id: int, watch_name: str) -> Mapping[tuple[str, str], datetime]:
        """Since when each term of a watch counts."""
        rows = self.connection.execute(
            sa.select(watch_term.c.field, watch_term.c.key, watch_term.c.since)
            .join(watch, watch.c.id == watch_term.c.watch_id)
            .where(watch.c.subscriber_id == subscriber_id, watch.c.name == watch_name)
        )
        return {(field, key): since for field, key, since in rows}


class WriteWatches(ReadWatches, WriteIncidents):
    """Watches come, change and go."""

    def add_watch(self, subscriber_id: int, wanted: Watch, now: datetime) -> None:
        """Add one watch; UsageError when the subscriber has one of that name."""
        names = {item.name for item in self.watches_of(subscriber_id)}
        if wanted.name in names:
            raise UsageError(f"there is a watch {wanted.name!r} already: give another --name")
        self.put_watches([(subscriber_id, prepared(wanted))], "store", now)

    def remove_watch(self, subscriber_id: int, name: str) -> bool:
        """Remove a watch made by command; whether there was one.

        Raises:
            UsageError: the watch is managed by the file.
        """
        here = sa.and_(watch.c.subscriber_id == subscriber_id, watch.c.name == name)
        managed_by = self.connection.execute(sa.select(watch.c.managed_by).where(here)).scalar()
        if managed_by == "file":
            raise UsageError(
                f"the watch {name!r} is in the configuration file: take it out there and reload"
            )
        self.connection.execute(sa.delete(watch).where(here))
        self.drop_unused_criteria()
        return managed_by is not None

    def put_watches(
        self, wanted: Sequence[tuple[int, Prepared]], managed_by: str, since: datetime
    ) -> None:
        """Write watches of subscribers, all at once; terms kept before keep their age."""
        ids = self._criteria_ids([item for _, item in wanted])
        rows = [(id_, item.name, ids[item.content], item.wish, managed_by) for id_, item in wanted]
        columns = ("subscriber_id", "name", "criteria_id", "wish", "managed_by")
        insert_many(self.connection, watch, columns, rows, key=columns[:2])
        known = self._watch_ids({id_ for id_, _ in wanted})
        for some in chunks([known[id_, item.name] for id_, item in wanted]):
            self._put_terms(some, since)

    def rewiden(self, known: Registry, now: datetime) -> int:
        """Widen the watches made by command anew, where what is known has changed since.

        Returns how many changed.  Those of the file change with the file.
        """
        digest = sha256(f"{__version__} {codec.dumps(known)}".encode()).hexdigest()
        before = self.connection.execute(sa.select(meta.c.value).where(meta.c.key == "registry"))
        if before.scalar() == digest:
            return 0
        rows = self.connection.execute(
            _WATCHES.add_columns(watch.c.subscriber_id).where(watch.c.managed_by == "store")
        )
        changed = []
        for row in rows:
            item = _watch(row.name, row.content, row.wish)
            wish = item.written
            wider = prepared(replace(item, criteria=known.widen(wish), wish=wish))
            if wider.content != row.content:
                changed.append((row.subscriber_id, wider))
        self.put_watches(changed, "store", now)
        upsert(self.connection, meta, {"key": "registry", "value": digest}, key=["key"])
        return len(changed)

    def drop_unused_criteria(self) -> None:
        """Forget criteria that no watch has any more."""
        used = sa.select(watch.c.criteria_id).where(watch.c.criteria_id == criteria.c.id)
        self.connection.execute(sa.delete(criteria).where(~used.exists()))

    def _criteria_ids(self, wanted: Iterable[Prepared]) -> Mapping[str, int]:
        """The id of each content, which is made where there is none."""
        meant = {item.digest: item for item in wanted}
        known = self._ids_by_digest(meant)
        new = [digest for digest in meant if digest not in known]
        rows = [(digest, meant[digest].content) for digest in new]
        insert_many(self.connection, criteria, ("digest", "content"), rows)
        made = self._ids_by_digest(new)
        found = (
            (item.field.value, item.key, made[digest], int(item.anchor))
            for digest in new
            for item in meant[digest].terms
        )
        columns = ("field", "key", "criteria_id", "anchor")
        insert_many(self.connection, term, columns, sorted(found))  # in the order of the index
        return {meant[digest].content: id_ for digest, id_ in (known | made).items()}

    def _ids_by_digest(self, digests: Collection[str]) -> dict[str, int]:
        found: dict[str, int] = {}
        for some in chunks(list(digests)):
            rows = self.connection.execute(
                sa.select(criteria.c.digest, criteria.c.id).where(criteria.c.digest.in_(some))
            )
            found.update((row.digest, row.id) for row in rows)
        return found

    def _put_terms(self, watch_ids: Sequence[int], since: datetime) -> None:
        """Give watches the terms of their criteria: those that they had keep their age."""
        meant = (
            sa.select(watch.c.id, term.c.field, term.c.key, sa.literal(since, UtcDateTime))
            .join(term, term.c.criteria_id == watch.c.criteria_id)
            .where(watch.c.id.in_(watch_ids))
        )
        still = sa.exists().where(
            watch.c.id == watch_term.c.watch_id,
            term.c.criteria_id == watch.c.criteria_id,
            term.c.field == watch_term.c.field,
            term.c.key == watch_term.c.key,
        )
        self.connection.execute(
            sa.delete(watch_term).where(watch_term.c.watch_id.in_(watch_ids), ~still)
        )
        columns = ["watch_id", "field", "key", "since"]
        self.connection.execute(ignoring(self.connection, watch_term).from_select(columns, meant))

    def _watch_ids(self, subscribers: Collection[int]) -> Mapping[tuple[int, str], int]:
        found: dict[tuple[int, str], int] = {}
        for some in chunks(list(subscribers)):
            rows = self.connection.execute(
                sa.select(watch.c.subscriber_id, watch.c.name, watch.c.id).where(
                    watch.c.subscriber_id.in_(some)
                )
            )
            found.update(((row.subscriber_id, row.name), row.id) for row in rows)
        return found


_WATCHES: Final = (
    sa.select(watch.c.name, criteria.c.content, watch.c.wish)
    .select_from(watch.join(criteria, criteria.c.id == watch.c.criteria_id))
    .order_by(watch.c.name)
)


def chunks(values: Sequence[T]) -> Iterable[Sequence[T]]:
    """The values in pieces that one statement can hold."""
    return (values[start : start + AT_ONCE] for start in range(0, len(values), AT_ONCE))


def _watch(name: str, content: str, wish: str) -> Watch:
    written = None if wish == content else codec.loads(Criteria, wish)
    return Watch(name=name, criteria=codec.loads(Criteria, content), wish=written)


_JSON: Final = JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"))
_FIELDS: Final = tuple(item.name for item in fields(Criteria))


def text_of(wanted: Criteria) -> str:
    """Criteria as the store keeps them: equal wishes are equal texts.

    The same bytes as ``codec.dumps`` writes of the criteria in order, in a fifth of the time.
    """
    return _JSON.encode({name: _sorted(getattr(wanted, name)) for name in _FIELDS})


def _sorted(value: object) -> object:
    if isinstance(value, (tuple, frozenset)) and value:
        if isinstance(next(iter(value)), str):
            return sorted({str(item) for item in value})
        return codec.plain(sorted(value, key=lambda item: (item.path, item.names)))
    return [] if isinstance(value, (tuple, frozenset)) else value
