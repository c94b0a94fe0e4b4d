"""Watches widened by what the operator knows: aliases, domains, tags, suppliers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Final

from alertd.core.model import DataType
from alertd.core.names import fold
from alertd.core.people import Criteria, Subscriber, Supplier

TAG: Final = "tag:"


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What the operator says of one organisation.

    ``also`` are its other names and its domains; ``suppliers`` gives the kinds of data that
    each supplier holds for it, none where that is not known.
    """

    name: str
    also: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    suppliers: Mapping[str, frozenset[DataType]] = field(default_factory=dict)


@dataclass(frozen=True)
class Registry:
    """Every organisation that the operator says something of."""

    known: tuple[Known, ...] = ()

    @cached_property
    def _by_name(self) -> Mapping[str, Known]:
        """By any of its names, folded; its own name wins over another's alias."""
        others = {fold(name): item for item in reversed(self.known) for name in item.also}
        return others | {fold(item.name): item for item in self.known}

    @cached_property
    def _by_tag(self) -> Mapping[str, tuple[str, ...]]:
        found: dict[str, tuple[str, ...]] = {}
        for item in self.known:
            for tag in map(str.casefold, item.tags):
                found[tag] = (*found.get(tag, ()), item.name)
        return found

    def bears(self, name: str, tag: str) -> bool:
        """Whether the organisation of that name has the tag."""
        item = self._by_name.get(fold(name))
        return item is not None and tag in map(str.casefold, item.tags)

    def loop_of(self, name: str) -> tuple[str, ...]:
        """The shortest way from an organisation over its suppliers back to itself; () for none."""
        ways: list[tuple[str, ...]] = [(self._title(name),)]
        seen: set[str] = set()
        for way in ways:
            item = self._by_name.get(fold(way[-1]))
            for supplier in item.suppliers if item else ():
                further = (*way, self._title(supplier))
                if self._key(supplier) == self._key(name):
                    return further
                if self._key(supplier) not in seen:
                    seen.add(self._key(supplier))
                    ways.append(further)
        return ()

    def widen(self, criteria: Criteria) -> Criteria:
        """Criteria that also name what their organisations are known as, and their suppliers."""
        named = [name for item in criteria.organisations for name in self._bearers(item)]
        known = [other for name in named for other in self._names(name)]
        return replace(
            criteria,
            organisations=tuple(dict.fromkeys([*named, *known])),
            suppliers=tuple(self._suppliers_of(named, criteria.follow_suppliers)),
        )

    def widen_all(self, person: Subscriber) -> Subscriber:
        """A subscriber with every watch widened."""
        watches = tuple(
            replace(item, criteria=self.widen(item.written), wish=item.written)
            for item in person.watches
        )
        return replace(person, watches=watches)

    def _bearers(self, item: str) -> Iterable[str]:
        if not item.startswith(TAG):
            return (item,)
        return self._by_tag.get(item.removeprefix(TAG).strip().casefold(), ())

    def _names(self, name: str) -> tuple[str, ...]:
        """All that an organisation is known as; the name alone where nothing is known of it."""
        item = self._by_name.get(fold(name))
        return (name,) if item is None else tuple(dict.fromkeys((name, item.name, *item.also)))

    def _suppliers_of(self, named: Iterable[str], depth: int) -> Iterator[Supplier]:
        """The suppliers of each, level by level; none twice, so that a cycle ends."""
        for name in dict.fromkeys(named):
            seen = {self._key(name)}
            level = [Supplier(path=(self._title(name),), names=(name,))]
            for _ in range(depth):
                level = [item for above in level for item in self._below(above, seen)]
                yield from level

    def _below(self, above: Supplier, seen: set[str]) -> Iterator[Supplier]:
        item = self._by_name.get(fold(above.path[-1]))
        for name, holds in (item.suppliers if item else {}).items():
            carried = holds & above.data_types if holds and above.data_types else None
            if self._key(name) in seen or carried == frozenset():
                continue  # a supplier that holds nothing of what its client holds for the watched
            seen.add(self._key(name))
            yield Supplier(
                path=(*above.path, self._title(name)),
                names=self._names(name),
                data_types=carried or holds or above.data_types,
            )

    def _title(self, name: str) -> str:
        item = self._by_name.get(fold(name))
        return name if item is None else item.name

    def _key(self, name: str) -> str:
        return fold(self._title(name))
