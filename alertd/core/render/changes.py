"""Updates and corrections: what changed first, and nothing that a reader already has."""

from __future__ import annotations

from alertd.core.message import Block, Bullets, Heading, Paragraph, Steps, Table
from alertd.core.model import Change, Citation, Incident, Speaker, Status
from alertd.core.render import parts, words
from alertd.core.render.letter import Letter


def changed(letter: Letter, before: Incident) -> list[Block]:
    """What was and what is now, and who says so."""
    found = rows(letter, before)
    heading = Heading(letter.say("section", "changed"))
    parted = [Paragraph(sentence) for sentence in split(letter)]
    if not found:
        news = parted or [Paragraph(letter.say("changes", "news"))]
        return [heading, *news, *_said(letter, before)]
    titles = ("", letter.say("changes", "was"), letter.say("changes", "now"))
    return [
        heading,
        *parted,
        Table((titles, *(row[1:] for row in found)), header=True),
        *_said(letter, before),
    ]


def split(letter: Letter) -> tuple[str, ...]:
    """For a correction after a split: that what left belongs to another breach."""
    is_one = Change.SPLIT in letter.alert.changes
    return (letter.say("changes", "split"),) if is_one else ()


def rows(letter: Letter, before: Incident) -> list[tuple[str, str, str, str]]:
    """Each fact that changed: its key, its name, what was and what is now."""
    pairs = zip(_facts(letter, before), _facts(letter, letter.incident), strict=True)
    return [
        (key, letter.say("changes", key), was, now) for (key, was), (_, now) in pairs if was != now
    ]


def _facts(letter: Letter, incident: Incident) -> list[tuple[str, str]]:
    none = letter.say("changes", "none")
    count = incident.people and words.people(letter.language, incident.people)
    return [
        ("status", words.status(letter.alert, letter.language, incident)),
        ("organisations", ", ".join(words.name_of(incident.organisations)) or none),
        ("via", ", ".join(words.name_of(incident.via)) or none),
        ("data-types", ", ".join(letter.data_types(incident.data_types)) or none),
        ("not-exposed", ", ".join(letter.data_types(incident.not_exposed)) or none),
        ("people", count or none),
        *([("date", _date(letter, incident) or none)] if split(letter) else []),
    ]


def _date(letter: Letter, incident: Incident) -> str:
    day = incident.incident_date
    return words.partial(letter.language, day) if day else ""


def _said(letter: Letter, before: Incident) -> list[Block]:
    cited = _latest(letter.incident, before)
    if cited is None:
        return []
    publisher = words.clean(cited.publisher)
    return [Paragraph(letter.say("changes", "said", publisher=publisher, date=letter.day(cited)))]


def _latest(incident: Incident, before: Incident) -> Citation | None:
    """The citation that brought the change: the surest of those that were not there."""
    new = [item for item in incident.citations if item not in before.citations]
    return max(new, key=lambda item: (_weight(item.speaker), item.published), default=None)


def _weight(speaker: Speaker) -> int:
    return list(Speaker).index(speaker)


def new_acts(letter: Letter, before: Incident) -> list[Block]:
    """The acts that this reader was not given yet, or a line that says there are none."""
    # By its words: one act is told otherwise when other data leaked with the first.
    told = {act.text for act in letter.advice_on(before).acts}
    advice = letter.advice
    fresh = tuple((act.text, act.reason) for act in advice.acts if act.text not in told)
    if not fresh:
        return [Paragraph(letter.say("note", "same-acts"))]
    note: list[Block] = [Paragraph(advice.note)] if advice.note else []
    heading = Heading(letter.say("section", "acts"))
    return [heading, *note, Steps(fresh), Paragraph(letter.say("note", "other-acts"))]


def new_scams(letter: Letter, before: Incident) -> list[Block]:
    """The frauds to expect of what leaked besides, which this reader was not told of yet."""
    told = {scam.name for scam in letter.advice_on(before).scams}
    fresh = [scam for scam in letter.advice.scams if scam.name not in told]
    items = tuple(f"{scam.name}. {scam.tell}" for scam in fresh)
    return parts.section(letter.say("section", "scams"), items)


def withdrawn(letter: Letter) -> list[Block]:
    """What is taken back, by whom, and which acts may be undone."""
    return [
        Paragraph(f"{letter.say('what', 'withdrawn')} {taken_back(letter)}"),
        *_undo(letter),
        *parts.why(letter, proof=False),
        *parts.source(letter),
    ]


def taken_back(letter: Letter) -> str:
    """Who took the report back, or who stands against it."""
    cited = letter.incident.citations
    against = next((item for item in cited if item.status is Status.WITHDRAWN), None)
    if against is None:
        return letter.say("what", "withdrawn-other")
    others = {item.publisher for item in cited if item.status is not Status.WITHDRAWN}
    key = "withdrawn-source" if against.publisher in others else "withdrawn-against"
    publisher = words.clean(against.publisher)
    return letter.say("what", key, publisher=publisher, date=letter.day(against))


def _undo(letter: Letter) -> list[Block]:
    lines = undone(letter)
    ends = (letter.say("note", "nothing-to-undo"), letter.say("note", "keep-guard"))
    items: list[Block] = [Bullets(lines)] if lines else []
    return [Heading(letter.say("section", "undo")), *items, Paragraph(" ".join(ends))]


def undone(letter: Letter) -> tuple[str, ...]:
    """What of the acts that the reader was told may be undone."""
    told = letter.advice_on(letter.alert.before or letter.incident)
    return tuple(act.undo for act in told.acts if act.undo)
