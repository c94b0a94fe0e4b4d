"""Which report says what of an incident, in which words, and how sure each fact is."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from alertd.core.corroboration import voice
from alertd.core.model import Account, Facts, Incident, Speaker
from alertd.core.names import fold
from alertd.core.support import order

_SURE: Final[Mapping[Speaker, str]] = {
    Speaker.AUTHORITY: "an authority says so",
    Speaker.ORGANISATION: "the organisation says so",
    Speaker.REPORTER: "reported",
    Speaker.CRIMINALS: "criminals claim it",
}
_SUREST: Final = tuple(_SURE)


@dataclass(frozen=True, slots=True)
class Said:
    """What one report says of one field, and the words that it was read from."""

    report: int
    part: int
    publisher: str
    values: tuple[str, ...]
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Fact:
    """One field of an incident: each value with how sure it is, who says so, who otherwise."""

    field: str
    values: Mapping[str, str]
    said: tuple[Said, ...]
    otherwise: tuple[str, ...] = ()


def testimony(incident: Incident, accounts: Sequence[Account]) -> tuple[Fact, ...]:
    """Every field of which something is known, in a fixed order."""
    told = sorted(accounts, key=order)
    found = (_fact(name, read, incident, told) for name, read in _FIELDS.items())
    return tuple(fact for fact in found if fact is not None)


def _fact(
    name: str,
    read: Callable[[Incident | Facts], Iterable[str]],
    incident: Incident,
    told: Sequence[Account],
) -> Fact | None:
    values = tuple(read(incident))
    said = [(account, _agreeing(values, read(account.facts))) for account in told]
    backing = [(account, mine) for account, mine in said if mine]
    if not values:
        return None
    return Fact(
        field=name,
        values={value: _how_sure(value, backing) for value in values},
        said=tuple(
            Said(
                report=account.report,
                part=account.part,
                publisher=account.publisher,
                values=mine,
                words=account.facts.evidence.get(name, ()),
            )
            for account, mine in backing
        ),
        otherwise=incident.dissent.get(name, ()),
    )


def _agreeing(values: Iterable[str], said: Iterable[str]) -> tuple[str, ...]:
    """The values of the incident that a report gives, however it spells them."""
    mine = {fold(value) for value in said}
    return tuple(value for value in values if mine & {fold(name) for name in value.split(" = ")})


def _how_sure(value: str, backing: Sequence[tuple[Account, tuple[str, ...]]]) -> str:
    voices = {voice(account) for account, mine in backing if value in mine}
    surest = next((speaker for speaker in _SUREST if speaker in voices), None)
    return "" if surest is None else _SURE[surest]


def _organisations(said: Incident | Facts) -> list[str]:
    return [" = ".join((item.name, *item.aliases)) for item in said.organisations]


def _via(said: Incident | Facts) -> list[str]:
    return [" = ".join((item.name, *item.aliases)) for item in said.via]


def _people(said: Incident | Facts) -> list[str]:
    counted = said.people
    if counted is None:
        return []
    bounds = sorted({bound for bound in (counted.low, counted.high) if bound is not None})
    return [f"{' to '.join(f'{bound:,}' for bound in bounds)} {counted.unit}"]


_FIELDS: Final[Mapping[str, Callable[[Incident | Facts], Iterable[str]]]] = {
    "organisations": _organisations,
    "via": _via,
    "data_types": lambda said: sorted(said.data_types),
    "not_exposed": lambda said: sorted(said.not_exposed),
    "people": _people,
    "status": lambda said: [said.status.value],
    "countries": lambda said: sorted(said.countries),
    "incident_date": lambda said: [said.incident_date] if said.incident_date else [],
}


def differences(before: Incident | None, after: Incident) -> tuple[tuple[str, str, str], ...]:
    """Each field that a revision changed: its name, what was and what is; none at the first."""
    if before is None:
        return ()
    pairs = ((name, _line(read(before)), _line(read(after))) for name, read in _FIELDS.items())
    return tuple((name, was, now) for name, was, now in pairs if was != now)


def brought(
    before: Incident | None, after: Incident, accounts: Iterable[Account]
) -> frozenset[int]:
    """The reports that say something of a revision which the one before it did not know."""
    fresh = {
        name: set(read(after)) - set(read(before) if before is not None else ())
        for name, read in _FIELDS.items()
    }
    return frozenset(
        account.report
        for account in accounts
        if any(_agreeing(fresh[name], read(account.facts)) for name, read in _FIELDS.items())
    )


def _line(values: Iterable[str]) -> str:
    """The values on one line, each by its first spelling."""
    return ", ".join(value.partition(" = ")[0] for value in values)
