"""How far a report says that a breach is established, and whose statement that is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from alertd.core.model import Report, Speaker, Status, Tier
from alertd.core.understand.text import Doc, Tag

_CLOSE: Final = 5
_NAMES: Final = frozenset({"claim", "confirm", "deny", "withdraw"})


def standing(
    doc: Doc, report: Report, span: tuple[int, int], names: Sequence[tuple[int, int]]
) -> tuple[Status, Speaker]:
    """Status and speaker of a range of tokens; ``names`` are the places of the organisation.

    What the source states wins over the words.
    """
    cues = {
        name: [tag for tag in doc.values(name) if span[0] <= tag.start < span[1]]
        for name in (
            *_NAMES,
            "criminals",
            "authority",
            "victim_noun",
            "said",
            "according",
            "gang_listing",
        )
    }
    if report.status is Status.CONFIRMED and report.tier is Tier.CURATED:
        return report.status, Speaker.REPORTER  # the list vouches for it, in its own name
    status = report.status or _status(cues, report.tier)
    return status, _speaker(cues, status, report.tier, names)


def _status(cues: Mapping[str, Sequence[Tag]], tier: Tier) -> Status:
    if cues["withdraw"]:
        return Status.WITHDRAWN
    if cues["deny"] and not _outweighs(cues, "confirm", "deny"):
        return Status.DISPUTED
    if cues["gang_listing"] or (tier is Tier.CLAIM and not cues["confirm"]):
        return Status.CLAIMED
    if cues["claim"] and not cues["confirm"]:
        return Status.CLAIMED
    return Status.CONFIRMED


def _outweighs(cues: Mapping[str, Sequence[Tag]], one: str, other: str) -> bool:
    return len(cues[one]) > len(cues[other])


def _speaker(
    cues: Mapping[str, Sequence[Tag]],
    status: Status,
    tier: Tier,
    names: Sequence[tuple[int, int]],
) -> Speaker:
    fixed = {Tier.OFFICIAL: Speaker.AUTHORITY, Tier.VICTIM: Speaker.ORGANISATION}.get(tier)
    if fixed:
        return fixed
    if status is Status.CLAIMED:
        own = tier is Tier.CURATED and not cues["criminals"]
        return Speaker.REPORTER if own else Speaker.CRIMINALS
    words = [tag.start for name in ("said", "confirm", "deny", "withdraw") for tag in cues[name]]
    sources = [tag.end for tag in cues["according"]]
    if _speaks([(tag.start, tag.end) for tag in cues["authority"]], words, sources):
        return Speaker.AUTHORITY
    themselves = [*names, *((tag.start, tag.end) for tag in cues["victim_noun"])]
    return Speaker.ORGANISATION if _speaks(themselves, words, sources) else Speaker.REPORTER


def _speaks(
    places: Sequence[tuple[int, int]], words: Sequence[int], sources: Sequence[int]
) -> bool:
    """Whether a verb of saying stands close behind one of some places, or "according to" before."""
    return any(
        any(start <= word <= end + _CLOSE for word in words)
        or any(start - 2 <= source <= start for source in sources)
        for start, end in places
    )
