"""When an incident happened or was noticed, as precisely as a text states it."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from alertd.core.lexicon import Language
from alertd.core.names import listed
from alertd.core.understand.text import Doc

STATED: Final = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?(?:[T ].{0,40})?")
_ISO: Final = re.compile(r"\b(20\d\d)-(\d\d)-(\d\d)\b")
_NUMERIC: Final = re.compile(r"\b(\d\d?)([/.])(\d\d?)\2(20\d\d)\b")
_DAY: Final = re.compile(r"(\d\d?)(?:st|nd|rd|th|er|e)?")
_YEAR: Final = re.compile(r"(?:19|20)\d\d")
_REACH: Final = 12
_NEAR: Final = 6
_LAST_DAY: Final = 31
_LAST_MONTH: Final = 12
_WEEKDAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_MONTH_FIRST: Final = frozenset({"en"})
_CAPITAL: Final = frozenset({"en", "de"})
"""Languages that write months with a capital, so that "may" and "march" are none."""
_RANGE: Final = listed("and to et au und bis y al e en tot a")
_IN: Final = listed("in en im nel during courant jahr anno jaar since depuis seit desde")
_DAY_RANK, _MONTH_RANK, _YEAR_RANK = 0, 1, 2


@dataclass(frozen=True, slots=True)
class _Said:
    """A date of a text: its tokens, the date in ISO form and how precise it is."""

    start: int
    end: int
    value: str
    rank: int


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
    """An ISO day, month or year with its tokens, where the text ties it to the event.

    The day of the event comes before the day of its discovery, either before a mere month, and
    a month before a year.  A date next to a word for telling of it ("notified on") is neither's.
    """
    if not (doc.values("happened") or doc.values("detected")):
        return None
    first = doc.title_tokens
    best: tuple[tuple[int, int, int], _Said] | None = None
    for said in _dates(doc, language, published):
        cue = _cue(doc, said) if said.start >= first else None
        if cue:
            order = (said.rank, cue == "detected", said.start)
            best = min(best or (order, said), (order, said), key=lambda item: item[0])
    return (best[1].value, best[1].start, best[1].end) if best else None


def _cue(doc: Doc, said: _Said) -> str | None:
    """Whether a date is that of the event or of its discovery: by the nearest word for either."""
    first, last = doc.sentence_at(said.start)
    reach = _NEAR if said.rank == _YEAR_RANK else _REACH
    found: list[tuple[int, int, str]] = []
    for order, cue in enumerate(("told_on", "detected", "happened")):
        for tag in doc.values(cue):
            away = tag.start - said.end if tag.start >= said.end else said.start - tag.end
            if first <= tag.start < last and away <= reach:
                found.append((max(0, away) // 2, order, cue))
    nearest = min(found, default=(0, 0, "told_on"))[2]
    return None if nearest == "told_on" else nearest


def _dates(doc: Doc, language: Language, published: datetime | None) -> Iterator[_Said]:
    """Days, months and years; without a year, the latest such before publication."""
    if not language.months.keys().isdisjoint(doc.words):
        months = language.months
        for index in [place for place, word in enumerate(doc.words) if word in months]:
            said = _with_month(doc, language, index, published)
            if said:
                yield said
    yield from _numeric(doc, language)
    yield from _years(doc, published)
    if published:
        yield from _relative(doc, published.date())


def _with_month(
    doc: Doc, language: Language, index: int, published: datetime | None
) -> _Said | None:
    month = language.months[doc.words[index]]
    for day_at in (index - 1, index - 2 if doc.words[index - 1] == "de" else -1, index + 1):
        day = _day(doc, day_at)
        if day is None:
            continue
        first, day = _first_of_range(doc, day_at, day) if day_at < index else (day_at, day)
        last = max(index, day_at)
        year, end = _year(doc, last + 1)
        made = _made(year, month, day, published)
        if made:
            return _Said(min(index, first), end, made.isoformat(), _DAY_RANK)
    return _month(doc, language, index, published)


def _first_of_range(doc: Doc, at: int, day: int) -> tuple[int, int]:
    """The first day of "12 and 18 March", "du 6 au 7 septembre", "12-18 May"."""
    gap = 2 if at > 1 and doc.words[at - 1] in _RANGE else 1
    before = _day(doc, at - gap)
    joined = gap == 2 or doc.gap(at).strip() in {"-", "–"}  # noqa: PLR2004 - a word between
    return (at - gap, before) if before and joined and before < day else (at, day)


def _month(doc: Doc, language: Language, index: int, published: datetime | None) -> _Said | None:
    """A month alone, with its year or the latest such month before publication."""
    year, end = _year(doc, index + 1)
    written = doc.raw[doc.spans[index][0]]
    heads = index == doc.sentence_at(index)[0]
    if year is None and language.code in _CAPITAL and (heads or not written.isupper()):
        return None
    if year is None and published is None:
        return None
    month = language.months[doc.words[index]]
    if year is None and published is not None:
        year = published.year - (month > published.month)
    return _Said(index, end, f"{year}-{month:02}", _MONTH_RANK)


def _day(doc: Doc, index: int) -> int | None:
    if not 0 <= index < len(doc.words):
        return None
    found = _DAY.fullmatch(doc.words[index])
    return int(found[1]) if found and 1 <= int(found[1]) <= _LAST_DAY else None


def _year(doc: Doc, index: int) -> tuple[int | None, int]:
    """A year at a token or behind "de", and where the date then ends."""
    at = index + 1 if doc.words[index : index + 1] in {("de",), ("del",)} else index
    if at < len(doc.words) and _YEAR.fullmatch(doc.words[at]):
        return int(doc.words[at]), at + 1
    return None, index


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


def _numeric(doc: Doc, language: Language) -> Iterator[_Said]:
    if "-" in doc.raw:
        for found in _ISO.finditer(doc.raw):
            yield from _said(doc, found.start(), (int(found[1]), int(found[2]), int(found[3])))
    for found in _NUMERIC.finditer(doc.raw) if "20" in doc.raw else ():
        day, month = int(found[1]), int(found[3])
        american = language.code in _MONTH_FIRST and found[2] == "/" and day <= _LAST_MONTH
        if american or month > _LAST_MONTH:
            day, month = month, day
        yield from _said(doc, found.start(), (int(found[4]), month, day))


def _said(doc: Doc, place: int, parts: Sequence[int]) -> Iterator[_Said]:
    index = bisect_left(doc.starts, place)
    made = _made(parts[0], parts[1], parts[2], None)
    if made:
        yield _Said(index, index + 3, made.isoformat(), _DAY_RANK)


def _years(doc: Doc, published: datetime | None) -> Iterator[_Said]:
    """Years behind "in": "in 2015", "en 2015", "im Jahr 2015"."""
    latest = published.year if published else None
    before = ["", *doc.words[:-1]]
    for index in [place for place, word in enumerate(before) if word in _IN]:
        word = doc.words[index]
        if _YEAR.fullmatch(word) and (latest is None or int(word) <= latest):
            yield _Said(index, index + 1, word, _YEAR_RANK)


def _relative(doc: Doc, published: date) -> Iterator[_Said]:
    """Days told from the day of publication: yesterday, on Tuesday, last month."""
    for number, name in enumerate(_WEEKDAYS):
        for tag in doc.values(name):
            day = published - timedelta((published.weekday() - number) % 7)
            yield _Said(tag.start, tag.end, day.isoformat(), _DAY_RANK)
    for tag in doc.values("yesterday"):
        day = published - timedelta(1)
        yield _Said(tag.start, tag.end, day.isoformat(), _DAY_RANK)
    for tag in doc.values("last_month"):
        before = published.replace(day=1) - timedelta(1)
        yield _Said(tag.start, tag.end, f"{before:%Y-%m}", _MONTH_RANK)
