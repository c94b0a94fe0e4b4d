"""How far a report says that a breach is established, and whose statement that is."""

from __future__ import annotations

from typing import Final

from alertd.core.model import Report, Speaker, Status, Tier
from alertd.core.understand.text import Doc

_NAMES: Final = frozenset({"claim", "confirm", "deny", "withdraw"})


def standing(doc: Doc, report: Report, first: int = 0, last: int | None = None) -> tuple[Status, Speaker]:
    """Status and speaker; what the source states wins over the words."""
    end = len(doc.stems) if last is None else last
    cues = {
        name: [tag for tag in doc.values(name) if first <= tag.start < end] for name in _NAMES
    }
    status = report.status or _status(cues, report.tier)
    return status, _speaker(doc, status, report, first, end)


def _status(cues: dict[str, list[object]], tier: Tier) -> Status:
    if cues["withdraw"]:
        return Status.WITHDRAWN
    if cues["deny"] and not _outweighs(cues, "confirm", "deny"):
        return Status.DISPUTED
    if tier is Tier.CLAIM and not cues["confirm"]:
        return Status.CLAIMED
    if cues["claim"] and not cues["confirm"]:
        return Status.CLAIMED
    return Status.CONFIRMED


def _outweighs(cues: dict[str, list[object]], one: str, other: str) -> bool:
    return len(cues[one]) > len(cues[other])


def _speaker(doc: Doc, status: Status, report: Report, first: int, last: int) -> Speaker:
    if report.tier is Tier.OFFICIAL:
        return Speaker.AUTHORITY
    if report.tier is Tier.VICTIM:
        return Speaker.ORGANISATION
    if status is Status.CLAIMED:
        return Speaker.CRIMINALS if report.tier is Tier.CLAIM or _has(doc, "criminals", first, last) else Speaker.REPORTER
    if report.tier is not Tier.CURATED and _has(doc, "authority", first, last):
        return Speaker.AUTHORITY
    return Speaker.ORGANISATION if _has(doc, "confirm", first, last) else Speaker.REPORTER


def _has(doc: Doc, cue: str, first: int, last: int) -> bool:
    return any(first <= tag.start < last for tag in doc.values(cue))
