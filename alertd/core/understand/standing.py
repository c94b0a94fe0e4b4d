"""How far a report says that a breach is established, and whose statement that is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from alertd.core.model import Report, Speaker, Status, Tier
from alertd.core.names import listed
from alertd.core.understand.text import Doc, Tag

_CLOSE: Final = 5
_BEHIND: Final = 2
_CUES: Final = (
    *("claim", "confirm", "deny", "withdraw", "concede", "gang_listing"),
    *("criminals", "authority", "victim_noun", "states", "according", "letter"),
)
_INVERTED: Final = listed("that que dass dat che")
"""What begins a statement on somebody: "researchers said that Acme", not "said Acme"."""

_BEFORE: Final = 3
_TRAILING: Final = frozenset({"nicht", "niet"})
"""Negations behind their verb: "bestätigte dies nicht"."""

Places = Sequence[tuple[int, int]]


def standing(
    doc: Doc, report: Report, span: tuple[int, int], names: Places
) -> tuple[Status, Speaker]:
    """Status and speaker of a range of tokens; ``names`` are the places of the organisation.

    What the source states wins over the words.
    """
    cues = {
        name: [tag for tag in doc.values(name) if span[0] <= tag.start < span[1]] for name in _CUES
    }
    cues["confirm"] = [
        tag
        for tag in cues["confirm"]
        if not _is_negated(doc, tag.start) and not _within(tag, cues["claim"])
    ]
    if cues["confirm"]:
        cues["deny"] = [tag for tag in cues["deny"] if not _denies_a_detail(doc, tag)]
    if report.status is Status.CONFIRMED and report.tier is Tier.CURATED:
        return report.status, Speaker.REPORTER  # the list vouches for it, in its own name
    status = report.status or _status(cues, report.tier)
    return status, _speaker(doc, cues, status, report.tier, names)


def _status(cues: Mapping[str, Sequence[Tag]], tier: Tier) -> Status:
    if cues["withdraw"]:
        return Status.WITHDRAWN
    if cues["deny"] and not cues["concede"] and len(cues["confirm"]) <= len(cues["deny"]):
        return Status.DISPUTED
    if cues["gang_listing"] or (tier is Tier.CLAIM and not cues["confirm"]):
        return Status.CLAIMED
    if cues["claim"] and not cues["confirm"] and not cues["letter"]:
        return Status.CLAIMED
    return Status.CONFIRMED


def _is_negated(doc: Doc, start: int) -> bool:
    """Whether a verb is denied or put off: "has not confirmed", "n'a pas confirmé"."""
    first, last = doc.sentence_at(start)
    near = range(max(first, start - _BEFORE), start)
    if any(tag.start in near for tag in doc.values("negated")):
        return True
    for index in range(start + 1, min(last, start + _BEFORE)):
        if "," in doc.gap(index):
            return False
        if doc.words[index] in _TRAILING:
            return True
    return False


def _within(tag: Tag, others: Iterable[Tag]) -> bool:
    """Whether a phrase is part of a longer one: "annoncé" of "volume annoncé"."""
    return any(
        other.start <= tag.start and tag.end <= other.end and other[:2] != tag[:2]
        for other in others
    )


def _denies_a_detail(doc: Doc, denial: Tag) -> bool:
    """Whether what is denied is one kind of data, not the breach: "denied that cards leaked"."""
    near = range(denial.end, denial.end + _CLOSE)
    return any(tag.kind == "types" and tag.start in near for tag in _of_types(doc))


def _of_types(doc: Doc) -> Iterable[Tag]:
    return (tag for tag in doc.tags if tag.kind == "types" and tag.value != "mask")


def _speaker(
    doc: Doc, cues: Mapping[str, Sequence[Tag]], status: Status, tier: Tier, names: Places
) -> Speaker:
    fixed = {Tier.OFFICIAL: Speaker.AUTHORITY, Tier.VICTIM: Speaker.ORGANISATION}.get(tier)
    if fixed:
        return fixed
    if status is Status.CLAIMED:
        own = tier is Tier.CURATED and not cues["criminals"]
        return Speaker.REPORTER if own else Speaker.CRIMINALS
    verbs = [tag for tag in cues["states"] if not _is_negated(doc, tag.start)]
    sources = [tag.end for tag in cues["according"]]
    held = {index for start, end in names for index in range(start, end)}
    authorities = [(tag.start, tag.end) for tag in cues["authority"] if tag.start not in held]
    if _speaks(doc, authorities, verbs, sources):
        return Speaker.AUTHORITY
    themselves = [*names, *((tag.start, tag.end) for tag in cues["victim_noun"])]
    if cues["letter"] or _speaks(doc, themselves, verbs, sources):
        return Speaker.ORGANISATION
    return Speaker.REPORTER


def _speaks(doc: Doc, places: Places, verbs: Sequence[Tag], sources: Sequence[int]) -> bool:
    """Whether somebody at some places is quoted or cited.

    A verb of saying stands close behind, or just before as in "insiste l'enseigne", or "according
    to" does.  Verbs in the passive are somebody else's: "Acme was told".
    """
    return any(
        any(start - 2 <= source <= start for source in sources)
        or any(_says(doc, (start, end), verb) for verb in verbs)
        for start, end in places
    )


def _says(doc: Doc, place: tuple[int, int], verb: Tag) -> bool:
    start, end = place
    if end <= verb.start <= end + _CLOSE:
        gap = range(end, verb.start)
        inside = doc.sentence_at(start) == doc.sentence_at(verb.start)
        return inside and not any(tag.start in gap for tag in doc.values("passive"))
    if start - _BEHIND <= verb.end <= start:
        between = {*doc.words[verb.end : start + 1]}
        return doc.words[verb.start] not in _SAYING_BEFORE and not between & _INVERTED
    return False


_SAYING_BEFORE: Final = listed(
    "said says told stated states confirmed announced warned revealed explained wrote added"
    " confirms warns admitted disclosed reveals discloses admits acknowledged denied rejected"
    " insisted"
)
"""English verbs, behind which a name is what is spoken of: "researchers said Acme leaked"."""
