"""The sources of a file, and the set that is polled."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from alertd import sources
from alertd.config.faults import Findings, choice
from alertd.config.model import DEFAULT, General
from alertd.config.places import Path as Place
from alertd.config.words import country, handle, plain_http, source_url, tongue
from alertd.core.feed import Source
from alertd.errors import ConfigError

_WORDS: Final[Mapping[str, Callable[[str], str]]] = {
    "name": handle,
    "url": source_url,
    "country": country,
    "language": tongue,
}


def read_sources(tables: Sequence[Any], general: General, found: Findings) -> tuple[Source, ...]:
    """The effective set: shipped ones that are wanted, then the operator's own.

    A source of the operator's takes the place of a shipped one of the same name.  It is
    polled unless ``polling.sources`` names others only.
    """
    own: dict[str, Source] = {}
    for place, table in enumerate(tables):
        source = _source(table, ("source", place), general, found)
        if source and source.name in own:
            found.fault(("source", place, "name"), "another source has this name")
        elif source:
            own[source.name] = source
    named = {table.get("name") for table in tables if isinstance(table, Mapping)}
    _check_names(general.polling.sources, {str(name) for name in named if name}, found)
    return _polled(general.polling.sources, own, found)


def _source(table: object, base: Place, general: General, found: Findings) -> Source | None:
    kinds = sources.kinds()
    if isinstance(table, Mapping) and table.get("kind", kinds[0]) not in kinds:
        found.fault((*base, "kind"), f"kind {choice(table['kind'], kinds)}")
        return None
    ours = _normal(table, base, found)
    settings = found.read(sources.SourceSettings, ours.table, base, ignore=ours.faulty)
    if settings is None or ours.faulty:
        return None
    try:
        source = sources.build(settings)
    except ConfigError as error:
        found.fault(base, str(error).removeprefix(f'source "{settings.name}": '))
        return None
    _check_url(source.request.url, (*base, "url"), general, found)
    return source


@dataclass(frozen=True, slots=True)
class _Normal:
    """A table with its words in normal form, and the keys where that failed."""

    table: object
    faulty: tuple[str, ...] = ()


def _normal(table: object, base: Place, found: Findings) -> _Normal:
    if not isinstance(table, Mapping):
        return _Normal(table)
    normal, faulty = dict(table), []
    for key, read in _WORDS.items():
        if isinstance(table.get(key), str):
            try:
                normal[key] = read(table[key])
            except ValueError as error:
                found.fault((*base, key), str(error))
                faulty.append(key)
                del normal[key]
    return _Normal(normal, tuple(faulty))


def _check_url(url: str, path: Place, general: General, found: Findings) -> None:
    plain = plain_http(url)
    if plain is not None and plain not in general.network.allow:
        found.fault(path, f'is not encrypted: write https, or add "{plain}" to network.allow')


def _check_names(wanted: Sequence[str], own: set[str], found: Findings) -> None:
    known = {*own, *sources.catalogue(), DEFAULT}
    for place, name in enumerate(wanted):
        if name not in known:
            found.fault(("polling", "sources", place), f"source {choice(name, sorted(known))}")


def _polled(
    wanted: Sequence[str], own: Mapping[str, Source], found: Findings
) -> tuple[Source, ...]:
    shipped = sources.catalogue()
    polled: dict[str, Source] = {}
    for name in wanted:
        if name == DEFAULT:
            polled |= {item.name: item for item in shipped.values() if item.default}
            polled |= own
        elif name in own or name in shipped:
            polled[name] = own.get(name) or shipped[name]
    for place, name in enumerate(own):
        if name not in polled:
            found.warn(("source", place), "is not polled: polling.sources does not name it")
    return tuple(polled.values())
