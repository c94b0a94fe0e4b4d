"""One alert on its way to words: what every part of its message asks for."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from alertd.core.advise import Advice, advise
from alertd.core.model import Citation, DataType, Incident
from alertd.core.people import Alert
from alertd.core.render import words
from alertd.core.render.room import ROOMS, Room
from alertd.core.texts import Language, Texts


@dataclass(frozen=True)
class Letter:
    """One alert on its way to words: what every part of the message needs."""

    alert: Alert
    texts: Texts
    room: Room = ROOMS[0]

    @cached_property
    def language(self) -> Language:
        """The reader's language."""
        return self.texts.language(self.alert.reader.language)

    @property
    def incident(self) -> Incident:
        """What happened, as it is known now."""
        return self.alert.incident

    @cached_property
    def organisation(self) -> str:
        """Who was breached."""
        return words.organisation(self.alert, self.language)

    @cached_property
    def advice(self) -> Advice:
        """What this reader is told to do now, as far as there is room."""
        return self.room.cut(self.advice_on(self.incident))

    def advice_on(self, incident: Incident) -> Advice:
        """What this reader is, or was, told to do about that state of the incident."""
        return advise(
            self.texts,
            data_types=incident.data_types,
            issuers=incident.issuers,
            reader=self.alert.reader,
            today=self.alert.now.date(),
            organisation=self.organisation,
        )

    @property
    def hidden(self) -> bool:
        """Whether subject, preview and shared channels must say nothing of the breach."""
        special = DataType.SPECIAL_CATEGORY in self.incident.data_types
        return self.alert.reader.discreet or self.incident.sensitive or special

    @property
    def collected(self) -> bool:
        """Whether this is data gathered from many places, and so no organisation's leak."""
        return not self.incident.organisations and "collected" in self.incident.evidence

    def say(self, table: str, key: str, **values: object) -> str:
        """A sentence about this alert, its organisation filled in, in the right number."""
        filled = {"organisation": self.organisation, **values}
        return self.language.say(table, key, many=words.many(self.alert), **filled)

    @property
    def published(self) -> str:
        """When the incident was first published."""
        return words.day(self.language, self.incident.published, self.alert.reader.timezone)

    def day(self, citation: Citation) -> str:
        """When something was published, in the reader's time zone."""
        return words.day(self.language, citation.published, self.alert.reader.timezone)

    def data_types(self, kinds: frozenset[DataType]) -> tuple[str, ...]:
        """The reader's words for data types of this incident."""
        return self.language.data_types(kinds, self.incident.issuers)
