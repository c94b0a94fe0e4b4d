"""One leak as it touches one reader: which facts hold, and what their places say."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Final, TypeVar

from alertd.core.model import DataType
from alertd.core.people import Reader
from alertd.core.texts import Act, Language, Line, Scam, Texts

_PLACE: Final = re.compile(r"\{([a-z]+(?:\.[a-z0-9]+)?)\}")
_SENTENCE_END: Final = re.compile(r"(?<=[.?]) ")

F = TypeVar("F", Act, Scam, Line)


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One leak as it touches one reader: ``useful`` are the types whose advice may apply."""

    texts: Texts
    language: Language
    reader: Reader
    data_types: frozenset[DataType]
    issuers: Mapping[DataType, str]
    useful: frozenset[DataType]
    today: date
    organisation: str

    @property
    def unknown(self) -> bool:
        """Whether nobody has said which data leaked."""
        return not self.data_types

    @property
    def strange(self) -> frozenset[DataType]:
        """Numbers that cannot be this reader's, or of which nobody knows whose they are."""
        return self.data_types - self.useful

    def keep(self, facts: Iterable[F]) -> list[F]:
        """The facts that may be shown and hold here, best first."""
        fitting = (fact for fact in facts if self._holds(fact))
        return sorted(fitting, key=lambda fact: fact.rank)

    def lines(self, facts: Iterable[Line]) -> tuple[Line, ...]:
        """The sentences that hold here, best first, their places filled."""
        return tuple(replace(line, text=self.fill(line.text)) for line in self.keep(facts))

    def _holds(self, fact: Act | Scam | Line) -> bool:
        said = fact.tell if isinstance(fact, Scam) else fact.text
        fits = fact.fits(self.useful, unknown=self.unknown)
        return fact.status.printable and fits and bool(self._sayable(said))

    def fill(self, text: str) -> str:
        """The text with the organisation's name and the bodies' numbers in their places.

        A sentence that names a body of which nothing may be shown any more is left out.
        """
        return _PLACE.sub(lambda found: self._reach(found[1]), " ".join(self._sayable(text)))

    def _sayable(self, text: str) -> list[str]:
        sentences = _SENTENCE_END.split(text)
        return [part for part in sentences if all(map(self._reach, _PLACE.findall(part)))]

    def _reach(self, place: str) -> str:
        if place == "organisation":
            return self.organisation
        bodies = (body for pack in self.texts.packs.values() for body in pack.bodies)
        body = next(body for body in bodies if body.id == place)
        return body.phone_on(self.today) or body.site or ""
