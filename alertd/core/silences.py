"""What shall not be told for a time, and whether an alert is covered by it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from alertd.core.model import Incident
from alertd.core.names import fold
from alertd.core.people import Matched

MOST_LISTED: Final = 20
"""Messages that the notice of an end names one by one."""


class Scope(StrEnum):
    """What a silence is about."""

    INCIDENT = "incident"
    ORGANISATION = "organisation"
    WATCH = "watch"


@dataclass(frozen=True, slots=True, kw_only=True)
class Silence:
    """What shall not be told until ``until``, to one person or to everybody.

    ``target`` is the incident's name, the organisation's folded name or the watch's name;
    ``shown`` is how people know it; ``ended`` says that its end has been told.
    """

    id: int
    scope: Scope
    target: str
    shown: str
    since: datetime
    until: datetime
    subscriber: str | None = None
    why: str | None = None
    ended: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A silence and the messages that it held: their numbers, and whose breach each was about."""

    silence: Silence
    messages: tuple[tuple[int, str], ...] = ()
    people: int = 0

    @property
    def words(self) -> str:
        """How much it held."""
        count = len(self.messages)
        if not count:
            return "nothing"
        people = "1 person" if self.people == 1 else f"{self.people} people"
        return f"{count} message{'s' if count > 1 else ''} to {people}"


def end_of(held: Held) -> tuple[str, tuple[str, ...]]:
    """What the operator is told when a silence has ended: subject and lines."""
    item = held.silence
    listed = [f"Message {number}: {title}" for number, title in held.messages[:MOST_LISTED]]
    if (left := len(held.messages) - MOST_LISTED) > 0:
        listed.append(f"and {left} more: alertd delivery list")
    retry = ["To send one after all: alertd delivery retry ID"] if listed else []
    return f"Silence {item.id} ({item.shown}) ended: it held {held.words}", (*listed, *retry)


def covering(
    silences: Sequence[Silence], incident: Incident, ref: str, matched: Iterable[Matched]
) -> Silence | None:
    """The silence that covers an alert, None where somebody wants to know.

    One on an incident (``ref`` is its name now) covers it whole.  Else each watch that matched
    must be covered: by its own name, or by the organisation for which it matched; where it
    matched for another reason, every organisation concerned must be silenced.
    """
    by_incident = [item for item in silences if item.scope is Scope.INCIDENT and item.target == ref]
    if by_incident:
        return by_incident[0]
    found = [_of_match(silences, incident, match) for match in matched]
    whole = found or [_of_all(silences, incident)]
    return None if None in whole else whole[0]


def _of_match(silences: Iterable[Silence], incident: Incident, match: Matched) -> Silence | None:
    own = _first(silences, Scope.WATCH, match.watch)
    if own is not None:
        return own
    name = match.reason.organisation
    if name is None:
        return _of_all(silences, incident)
    return _first(silences, Scope.ORGANISATION, fold(name))


def _of_all(silences: Iterable[Silence], incident: Incident) -> Silence | None:
    listed = list(silences)
    found = [_first(listed, Scope.ORGANISATION, fold(item.name)) for item in incident.organisations]
    return None if not found or None in found else found[0]


def _first(silences: Iterable[Silence], scope: Scope, target: str) -> Silence | None:
    return next((item for item in silences if item.scope is scope and item.target == target), None)
