"""Watches widened by what the operator knows of organisations: aliases, domains, tags."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from alertd.core.names import fold
from alertd.core.people import Criteria, Subscriber

TAG: Final = "tag:"


@dataclass(frozen=True, slots=True)
class Registry:
    """Other names of an organisation by its folded name, and the bearers of each tag."""

    names: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    tags: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def widen(self, criteria: Criteria) -> Criteria:
        """Criteria that also name what their organisations are known as; tags written out."""
        named = [name for item in criteria.organisations for name in self._bearers(item)]
        known = [other for name in named for other in self.names.get(fold(name), ())]
        return replace(criteria, organisations=tuple(dict.fromkeys([*named, *known])))

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
        return self.tags.get(item.removeprefix(TAG).strip().casefold(), ())
