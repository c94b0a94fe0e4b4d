"""What the file says of organisations, as watches are widened by it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from alertd.config.faults import Findings
from alertd.config.model import Config, OrganisationSettings
from alertd.config.places import Path
from alertd.core.widen import Known, Registry


def registry(config: Config) -> Registry:
    """What the configuration knows of organisations, for watches to be widened by."""
    return _registry(config.organisations)


def note_loops(tables: Sequence[tuple[Path, OrganisationSettings | None]], found: Findings) -> None:
    """Warn of an organisation that is a supplier of itself, once for each loop."""
    known, told = _registry(item for _, item in tables if item), set[frozenset[str]]()
    for base, item in tables:
        loop = known.loop_of(item.name) if item else ()
        if loop and frozenset(loop) not in told:
            told.add(frozenset(loop))
            way = " ← ".join(loop)
            found.warn((*base, "suppliers"), f"lead back to it: {way}; each is followed once")


def _registry(organisations: Iterable[OrganisationSettings]) -> Registry:
    return Registry(
        tuple(
            Known(
                name=item.name,
                also=(*item.aliases, *item.domains),
                tags=item.tags,
                suppliers={supplier.name: supplier.data_types for supplier in item.suppliers},
            )
            for item in organisations
        )
    )
