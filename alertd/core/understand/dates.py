"""The day an incident happened or was noticed, where a text states it."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator
from datetime import date, datetime
from typing import Final

from alertd.core.lexicon import Language
from alertd.core.understand.text import Doc

STATED: Final = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?(?:[T ].{0,40})?")
_ISO: Final = re.compile(r"\b(20\d\d)-(\d\d)-(\d\d)\b")
_US: Final = re.compile(r"\b(\d\d?)/(\d\d?)/(20\d\d)\b")
_REACH: Final = 12
_LAST_DAY: Final = 31


def stated(value: str | None) -> str | None:
    """A source's date as an ISO day, month or year; None when it is none."""
    found = STATED.fullmatch(value.strip()) if value else None
    if found is None:
        return None
    try:
        date(int(found[1]), int(found[2] or 1), int(found[3] or 1))
    except ValueError:
        return None
    return "-".join(part for part in found.groups() if part)


def incident_date(
    doc: Doc, language: Language, published: datetime | None
) -> tuple[str, int, int] | None:
    """An ISO day with its tokens; a date counts beside a word for the event or its discovery."""
    found = list(_dates(doc, language, published))
    for cue in ("happened", "detected"):
        for index, end, day in found:
            if index >= doc.title_tokens and _beside(doc, cue, index, end):
                return day.isoformat(), index, end
    return None


def _beside(doc: Doc, cue: str, index: int, end: int) -> bool:
    sentence = next((one for one in doc.sentences if one[0] <= index < one[1]), None)
    if sentence is None:
        return False
    return any(
        sentence[0] <= tag.start < sentence[1]
        and index - _REACH <= tag.end
        and tag.start <= end + _REACH
        for tag in doc.values(cue)
    )


def _dates(
    doc: Doc, language: Language, published: datetime | None
) -> Iterator[tuple[int, int, date]]:
    """Days of a text; without a year, the latest such day before publication."""
    months = language.months
    for index, word in enumerate(doc.words):
        if word not in months:
            continue
        month = months[word]
        for day_at in (index - 1, index + 1):
            day = _day(doc, day_at)
            if day is None:
                continue
            last = max(index, day_at)
            year = _year(doc, last + 1)
            made = _made(year, month, day, published)
            if made:
                yield min(index, day_at), last + (2 if year else 1), made
                break
    yield from _numeric(doc)


def _day(doc: Doc, index: int) -> int | None:
    if not 0 <= index < len(doc.stems):
        return None
    found = re.fullmatch(r"(\d\d?)(?:st|nd|rd|th|er|e)?", doc.stems[index])
    return int(found[1]) if found and 1 <= int(found[1]) <= _LAST_DAY else None


def _year(doc: Doc, index: int) -> int | None:
    if index < len(doc.stems) and re.fullmatch(r"(?:19|20)\d\d", doc.stems[index]):
        return int(doc.stems[index])
    return None


def _made(year: int | None, month: int, day: int, published: datetime | None) -> date | None:
    try:
        if year:
            return date(year, month, day)
        if published is None:
            return None
        guess = date(published.year, month, day)
        return guess if guess <= published.date() else date(published.year - 1, month, day)
    except ValueError:
        return None


def _numeric(doc: Doc) -> Iterator[tuple[int, int, date]]:
    starts = doc.starts
    for pattern, order in ((_ISO, (1, 2, 3)), (_US, (3, 1, 2))):
        for found in pattern.finditer(doc.raw):
            index = bisect_left(starts, found.start())
            made = _made(int(found[order[0]]), int(found[order[1]]), int(found[order[2]]), None)
            if made:
                yield index, index + 3, made
