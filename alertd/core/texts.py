"""The catalogue of words and advice, as frozen values: what ``alertd.texts.load`` returns."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import ClassVar, Final

from pydantic import ConfigDict

from alertd.core.model import DataType
from alertd.core.people import Role

GENERIC: Final = "generic"
"""The pack of readers whose country has none of its own."""

_LEAP_DAY: Final = (2, 29)
_STRICT: Final = ConfigDict(extra="forbid")


class FactStatus(StrEnum):
    """How a fact was seen: at the body itself, second hand, long ago, or not at all."""

    V = "V"
    V2 = "V2"
    OLD = "OLD"
    U = "U"

    @property
    def printable(self) -> bool:
        """Whether a reader may be shown it."""
        return self in {FactStatus.V, FactStatus.V2}


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """What every fact carries: its sources, how it was seen, and for which leaks it holds.

    ``date`` is that of the page read ("n.d." where it shows none).  ``rank`` orders, lowest
    first.  ``any_of``, ``all_of`` and ``unless`` speak of the data types that leaked and are
    of use to this reader; ``unknown`` keeps a fact for leaks of which no type is known
    (true) or for the others (false).
    """

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT

    source: tuple[str, ...]
    status: FactStatus
    date: str
    rank: int = 50
    any_of: frozenset[DataType] = frozenset()
    all_of: frozenset[DataType] = frozenset()
    unless: frozenset[DataType] = frozenset()
    unknown: bool | None = None

    def fits(self, exposed: frozenset[DataType], *, unknown: bool) -> bool:
        """Whether it holds for a leak of ``exposed``, or for one of ``unknown`` types."""
        if self.unknown not in {None, unknown}:
            return False
        wanted = not self.any_of or bool(self.any_of & exposed)
        return wanted and self.all_of <= exposed and not self.unless & exposed


@dataclass(frozen=True, slots=True, kw_only=True)
class Act(Fact):
    """One thing to do.

    ``undo`` says what may be taken back when a report proves false.  ``keep`` protects an act
    from the cap of five.  ``last`` keeps it for readers to whom no sheet applies, and
    ``vigilance`` for those to whom the numbers that leaked cannot belong as well.
    """

    id: str
    text: str
    reason: str
    undo: str = ""
    last: bool = False
    keep: bool = False
    vigilance: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Scam(Fact):
    """A fraud that the leak makes likely, with the one sign that gives it away."""

    id: str
    name: str
    tell: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Line(Fact):
    """One sentence with its source; ``region`` names the pack whose law it speaks of."""

    text: str
    region: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """The advice on one data type for one country; no data type: what every mail has.

    ``covers`` are the data types for which that general advice is all there is to say.
    """

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT

    compiled: date
    reviewed: date | None = None
    covers: frozenset[DataType] = frozenset()
    acts: tuple[Act, ...] = ()
    scams: tuple[Scam, ...] = ()
    do_not: tuple[Line, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Body:
    """A public body or bureau: where it is found, each part with its own status.

    ``url`` has no scheme.  ``purpose`` is a key of ``purposes`` in each language.  A body
    that is ``quiet`` is named by acts and not listed.
    """

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT

    id: str
    name: str
    purpose: str
    checked: date
    reviewed: date | None = None
    url: str = ""
    url_status: FactStatus = FactStatus.U
    url_source: tuple[str, ...] = ()
    phone: str = ""
    phone_status: FactStatus = FactStatus.U
    phone_source: tuple[str, ...] = ()
    any_of: frozenset[DataType] = frozenset()
    roles: frozenset[Role] = frozenset()
    quiet: bool = False

    def phone_on(self, today: date) -> str | None:
        """Its number, where it was verified and no year has passed since it was checked."""
        good = self.phone and self.phone_status.printable
        return self.phone if good and today <= self.expires else None

    @property
    def site(self) -> str | None:
        """Its address, where it was verified."""
        return self.url if self.url and self.url_status.printable else None

    @property
    def expires(self) -> date:
        """The last day on which its number may be shown: a year after the last check."""
        day = self.reviewed or self.checked
        leap = (day.month, day.day) == _LEAP_DAY
        return day.replace(year=day.year + 1, day=28 if leap else day.day)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pack:
    """The bodies of one country, or of the countries that are its ``members``."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT

    code: str
    members: frozenset[str] = frozenset()
    bodies: tuple[Body, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CountryWords:
    """What one language says of one country: its numbers, their names, its people's rights."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT

    compiled: date
    reviewed: date | None = None
    numbers: str = ""
    names: Mapping[DataType, str] = field(default_factory=dict)
    rights: tuple[Line, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleSheet:
    """What a reader with duties gets instead of a person's acts and rights."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT

    compiled: date
    reviewed: date | None = None
    acts: tuple[Act, ...] = ()
    deadlines: tuple[Line, ...] = ()
    questions: tuple[Line, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Language:
    """All that one language says.

    ``messages`` holds the skeleton by table and key.  ``sheets`` is keyed by data type (or
    ``generic``) and country (or an empty text), ``countries`` by country code.
    """

    code: str
    messages: Mapping[str, Mapping[str, str]]
    sheets: Mapping[tuple[str, str], Sheet] = field(default_factory=dict)
    countries: Mapping[str, CountryWords] = field(default_factory=dict)
    roles: Mapping[Role, RoleSheet] = field(default_factory=dict)

    def say(self, table: str, key: str, /, *, many: bool = False, **values: object) -> str:
        """The sentence ``key`` of ``table``, in its plural where it has one, places filled."""
        words = self.messages[table]
        plural = words.get(f"{key}-plural") if many else None
        return (plural or words[key]).format_map(values)

    def country_name(self, code: str) -> str:
        """A country's name in this language, its code where there is none."""
        from babel import Locale  # noqa: PLC0415 - slow to import, wanted by few messages

        return str(Locale.parse(self.say("format", "locale")).territories.get(code, code))

    def data_type(self, kind: DataType, issuer: str | None = None) -> str:
        """The reader's word for a data type, the issuing country's own where it has one."""
        words = self.countries.get(issuer or "")
        own = words.names.get(kind) if words else None
        return own or self.messages["data-types"][kind.value]

    def data_types(
        self, kinds: Iterable[DataType], issuers: Mapping[DataType, str]
    ) -> tuple[str, ...]:
        """The words for several data types, those that a state or bank issues first."""
        order = {code: index for index, code in enumerate(self.messages["data-types"])}
        ranked = sorted(kinds, key=lambda kind: order[kind.value])
        return tuple(self.data_type(kind, issuers.get(kind)) for kind in ranked)

    @property
    def compiled(self) -> date:
        """The oldest compilation date of its sheets: how fresh the advice is at worst."""
        return min(sheet.compiled for sheet in self.sheets.values())

    @property
    def reviewed(self) -> date | None:
        """The oldest date on which a person reviewed a sheet; None while one waits."""
        dates = [sheet.reviewed for sheet in self.sheets.values()]
        known = [day for day in dates if day is not None]
        return min(known) if known and len(known) == len(dates) else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Texts:
    """The whole catalogue: languages by code and country packs by code."""

    languages: Mapping[str, Language]
    packs: Mapping[str, Pack]

    def language(self, code: str) -> Language:
        """The reader's language, English where it is not spoken here."""
        return self.languages.get(code[:2].lower()) or self.languages["en"]

    def pack(self, country: str | None) -> Pack:
        """The reader's country pack, else that of its union, else the generic one."""
        if country is not None and country in self.packs:
            return self.packs[country]
        union = (pack for pack in self.packs.values() if country in pack.members)
        return next(union, self.packs[GENERIC])

    def in_region(self, country: str | None, region: str) -> bool:
        """Whether a country is, or belongs to, the region of that pack."""
        pack = self.packs.get(region)
        return country is not None and pack is not None and country in {region, *pack.members}
