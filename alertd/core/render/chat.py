"""The chat forms of an alert: one for a channel that several people read, one for a person."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from alertd.core.message import Chat
from alertd.core.model import DataType, Incident
from alertd.core.people import Kind
from alertd.core.render import changes, parts, short, words
from alertd.core.render.letter import Letter

SHARED_LENGTH: Final = 600
PERSONAL_LENGTH: Final = 1_800
TITLE_LENGTH: Final = 110
DATA_LENGTH: Final = 200
SHORTEST_LINE: Final = 60

_SENSITIVE: Final = frozenset(
    {DataType.HEALTH, DataType.GENETIC, DataType.MINORS, DataType.SPECIAL_CATEGORY}
)
"""Kinds that a channel read by several people names only as sensitive (rule 11)."""
_SPACES: Final = str.maketrans({"\u202f": " ", "\u00a0": " "})


def shared(letter: Letter) -> Chat:
    """What, which data, the one act that fits all who read along, and our link.

    No more than the neutral sentence where the breach or the reader wants it so.
    """
    drill = [letter.say("what", "drill")] if letter.alert.kind is Kind.DRILL else []
    if letter.hidden:
        return fitted(Chat(title=short.subject(letter), lines=tuple(drill)), SHARED_LENGTH)
    gone = letter.alert.kind is Kind.WITHDRAWN
    lines = [
        *drill,
        *_told(letter),
        *([] if gone else [_added(letter, open_=False), _data(letter, open_=False)]),
    ]
    acts = () if gone else (_act_for_all(letter),)
    return fitted(_chat(letter, lines, acts), SHARED_LENGTH)


def personal(letter: Letter) -> Chat:
    """What, what changed, which data, whose numbers, and up to five acts in their order."""
    drill = [letter.say("what", "drill")] if letter.alert.kind is Kind.DRILL else []
    gone = letter.alert.kind is Kind.WITHDRAWN
    known = (
        [] if gone else [_added(letter, open_=True), _data(letter, open_=True), letter.advice.note]
    )
    return fitted(_chat(letter, [*drill, *_told(letter), *known], _acts(letter)), PERSONAL_LENGTH)


def plain(title: str, lines: Sequence[str], limit: int = SHARED_LENGTH) -> Chat:
    """A chat message of lines alone: notices and digests."""
    return fitted(Chat(title=words.clean(title, TITLE_LENGTH), lines=tuple(lines)), limit)


def fitted(chat: Chat, limit: int) -> Chat:
    """The message within ``limit`` characters: its longest line shrinks, then its last goes."""
    said = replace(
        chat,
        title=chat.title.translate(_SPACES),
        lines=tuple(line.translate(_SPACES) for line in chat.lines if line),
        acts=tuple(act.translate(_SPACES) for act in chat.acts),
    )
    while (excess := len(said.text) - limit) > 0 and said.lines:
        longest = max(said.lines, key=len)
        room = len(longest) - excess - 1
        if room >= SHORTEST_LINE:
            cut = longest[:room].rstrip() + "…"
            return replace(said, lines=tuple(cut if x == longest else x for x in said.lines))
        said = replace(said, lines=said.lines[:-1])
    return said


def _chat(letter: Letter, lines: Sequence[str], acts: tuple[str, ...]) -> Chat:
    incident = letter.incident
    severity = letter.say("severity", incident.severity.value)  # a colour is not seen by all
    note = letter.say(
        "chat", "note", severity=severity, ref=incident.ref, revision=incident.revision
    )
    return Chat(
        title=words.clean(short.subject(letter), TITLE_LENGTH),
        lines=tuple(lines),
        acts=acts,
        link=letter.alert.page,
        note=note if incident.ref else "",
    )


def _told(letter: Letter) -> list[str]:
    """What happened and who says so; for an update what is new."""
    if letter.alert.kind is Kind.WITHDRAWN:
        return [letter.say("what", "withdrawn")]
    before = letter.alert.before if letter.alert.kind is Kind.UPDATE else None
    paths = [letter.say("chat", "path", path=path) for path in words.paths(letter.alert)]
    return [
        parts.opening(letter),
        *_when(letter),
        *paths,
        *(_changed(letter, before) if before else []),
    ]


def _when(letter: Letter) -> list[str]:
    """When it happened, as far as that is known: an old breach is not taken for one of today."""
    day = letter.incident.incident_date
    return [letter.say("what", "happened", date=words.partial(letter.language, day))] if day else []


def _added(letter: Letter, *, open_: bool) -> str:
    """For an update, the kinds of data that were not told of before."""
    before = letter.alert.before if letter.alert.kind is Kind.UPDATE else None
    fresh = letter.incident.data_types - before.data_types if before else frozenset()
    names = letter.data_types(_shown(fresh, open_=open_))
    return letter.say("chat", "added", data_types=", ".join(names)) if names else ""


def _shown(exposed: frozenset[DataType], *, open_: bool) -> frozenset[DataType]:
    kept = exposed if open_ else exposed - _SENSITIVE
    return kept | ({DataType.SPECIAL_CATEGORY} if exposed - kept else frozenset())


def _changed(letter: Letter, before: Incident) -> list[str]:
    return [
        *changes.split(letter),
        *_rows(letter, before),
    ]


def _rows(letter: Letter, before: Incident) -> list[str]:
    return [
        letter.say("chat", "change", what=what, was=was, now=now)
        for key, what, was, now in changes.rows(letter, before)
        if key not in {"data-types", "not-exposed"}  # the line of the data says what leaked
    ]


def _data(letter: Letter, *, open_: bool) -> str:
    names = letter.data_types(_shown(letter.incident.data_types, open_=open_))
    if not names:
        return letter.say("short", "unknown")
    return letter.say("short", "leaked", data_types=words.clean(", ".join(names), DATA_LENGTH))


def _act_for_all(letter: Letter) -> str:
    general = letter.language.sheets["generic", ""]
    return next(act.text for act in general.acts if act.keep)


def _acts(letter: Letter) -> tuple[str, ...]:
    if letter.alert.kind is Kind.WITHDRAWN:
        return ()
    before = letter.alert.before if letter.alert.kind is Kind.UPDATE else None
    told = {act.text for act in letter.advice_on(before).acts} if before else set()
    return tuple(act.text for act in letter.advice.acts if act.text not in told)
