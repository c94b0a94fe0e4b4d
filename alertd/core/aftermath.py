"""A fine, a suit or an arrest over an earlier breach: which of the known incidents it is about."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Final

from alertd.core.model import Incident, Mark, Organisation
from alertd.core.names import words
from alertd.core.plan import Fresh, Known

_YEAR: Final = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)")
_READ: Final = 4_000
"""Characters of the text in which a year is looked for: news items say at their head of when."""


def keys(fresh: Fresh) -> frozenset[str]:
    """The look-up keys of incidents that an aftermath could be of: exactly its organisations."""
    if not _is_one(fresh):
        return frozenset()
    return frozenset(key for item in fresh.reading.mentioned for key in _names(item))


def home(fresh: Fresh, known: Mapping[int, Known]) -> int | None:
    """The incident that followed; None where it is none that is known, or not sure which.

    It is of exactly an organisation that the report names, in the title if any is there, and
    not younger than the report.  Of several the year in the text decides, then the latest.
    """
    if not _is_one(fresh):
        return None
    told = fresh.report.published or fresh.seen_at
    older = {id_: item.incident for id_, item in known.items() if item.incident.published <= told}
    titled = _in_title(fresh)
    found = _of(titled, older) or _of(fresh.reading.mentioned, older)
    if len(found) > 1:
        years = set(_YEAR.findall(f"{fresh.report.title} {fresh.report.text[:_READ]}"))
        found = [id_ for id_ in found if _years(older[id_]) & years]
        if len({item.key for id_ in found for item in older[id_].organisations}) > 1:
            return None
    return max(found, key=lambda id_: (older[id_].published, id_), default=None)


def _is_one(fresh: Fresh) -> bool:
    return Mark.AFTERMATH in fresh.reading.marks and not fresh.reading.relevant


def _in_title(fresh: Fresh) -> list[Organisation]:
    title = f" {' '.join(words(fresh.report.title))} "
    return [item for item in fresh.reading.mentioned if f" {' '.join(words(item.name))} " in title]


def _of(named: Iterable[Organisation], incidents: Mapping[int, Incident]) -> list[int]:
    wanted = {key for item in named for key in _names(item)}
    return [
        id_
        for id_, incident in incidents.items()
        if any(wanted & _names(item) for item in incident.organisations)
    ]


def _names(item: Organisation) -> frozenset[str]:
    return frozenset(f"sq:{key.replace(' ', '')}" for key in (item.key, *item.aliases))


def _years(incident: Incident) -> set[str]:
    return {str(incident.published.year), (incident.incident_date or "")[:4]} - {""}
