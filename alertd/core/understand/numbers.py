"""How many are affected: what the numbers of a text count, and their bounds."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from alertd.core.lexicon import Language
from alertd.core.model import People
from alertd.core.names import listed
from alertd.core.understand.quantities import Quantity, quantities
from alertd.core.understand.text import Doc, Tag

_UNITS: Final = {
    "unit_people": "people",
    "unit_accounts": "accounts",
    "unit_records": "records",
    "unit_households": "households",
    "unit_organisations": "organisations",
    "unit_files": "files",
    "unit_gb": "GB",
    "unit_tb": "TB",
}
_ORDER: Final = {
    "people": 0,
    "accounts": 1,
    "records": 2,
    "households": 3,
    "organisations": 4,
    "files": 5,
    "GB": 6,
}
_NAMES_OF: Final = frozenset({"unit_people", "unit_accounts"})
_HEAD_LAST: Final = frozenset({"en", "nl", "de"})
"""Languages in which the last noun of several says what is counted: customer records."""
_PEOPLE: Final = "people"
_REACH: Final = 5
_FAR: Final = 8
_BEFORE: Final = 4
_BIG: Final = 1_000
_SHORT: Final = 3
_PLACEHOLDERS: Final = frozenset({500, 501})
_STOP: Final = re.compile(r"[;:(]|\.(?!\s*[a-z])|\d")
_COMMA: Final = re.compile(r"[;:(,]|\.(?!\s*[a-z])|\d")
_LABEL: Final = re.compile(r"[^.;\d]{0,40}:\s*(?:\w+\s+){0,3}")
_ABBREVIATED: Final = listed("mio mrd mln mld")
_ONES: Final = listed("one un une ein eine uno una een")
_ONE_IN: Final = listed("in of sur von su op cada uit")
_PLUS: Final = listed("and plus et ainsi que sowie und y e ed en nebst as well")
_WITH: Final = listed("with avec mit con met")


@dataclass(frozen=True, slots=True)
class Count:
    """One count of a text, with its place.

    ``share`` marks part of a whole, ``aside`` what is only told along ("with 20k customers"),
    ``old`` a figure since revised, ``vague`` a mere order.
    ``rank`` orders the units: people, then accounts, and so on.
    """

    people: People
    start: int
    end: int
    share: bool = False
    aside: bool = False
    old: bool = False
    vague: bool = False
    rank: int = 0


def counts(doc: Doc, language: Language) -> tuple[Count, ...]:
    """Every count of people, accounts, records and the like."""
    units = sorted(
        (tag for name in _UNITS for tag in doc.values(name)),
        key=lambda tag: (tag.start, -tag.end),
    )
    return tuple(_counts(doc, language, units)) if units else ()


def best(found: Sequence[Count]) -> Count | None:
    """The count of the whole: people before accounts before records, then the largest.

    Groups that were added up come as counts of their own; figures since revised, mere orders
    and shares stand back, these unless the whole is only of rows: "9m rows with 2m addresses".
    """
    if not found:
        return None
    whole = any(not (item.share or item.aside) and item.rank < _ORDER["records"] for item in found)
    chosen = min(
        found,
        key=lambda item: (
            item.old,
            (item.share or item.aside) and whole,
            item.vague,
            item.rank,
            -_size(item.people),
        ),
    )
    people = chosen.people
    if chosen.share and people.low and people.unit == _PEOPLE:
        return replace(chosen, people=People(people.low, None, people.unit))
    return chosen


def _size(people: People) -> int:
    return people.low or people.high or 0


def _counts(doc: Doc, language: Language, units: Sequence[Tag]) -> Iterator[Count]:
    last: Count | None = None
    for one in quantities(doc, language):
        unit = _unit(doc, units, one, language.code)
        if unit is None or _counts_else(doc, one) or _is_size(doc, one):
            continue
        count = _count(doc, one, unit)
        yield count
        last = _sum(doc, last, count) if last else None
        if last:
            yield last
        last = last or count


def _count(doc: Doc, one: Quantity, unit: Tag) -> Count:
    name = _UNITS[unit.value]
    low, high = _bounds(doc, one)
    if name == "TB":
        low, high, name = low and low * 1000, high and high * 1000, "GB"
    if name == _PEOPLE and low == high and low in _PLACEHOLDERS:
        high = None  # entered where the number is not known yet
    named = name == "records" and unit.end - unit.start > 1
    return Count(
        People(low, high, name),
        min(one.start, unit.start),
        max(one.end, unit.end),
        share=_is_share(doc, one, unit),
        aside=_with(doc, one) is not None,
        old=_is_old(doc, one, unit),
        vague=one.vague,
        rank=_ORDER["accounts"] if named else _ORDER[name],
    )


def _unit(doc: Doc, units: Sequence[Tag], one: Quantity, code: str) -> Tag | None:
    """What a number counts: the first unit behind it, else the label before it."""
    reach = _FAR if one.low >= _BIG else _REACH
    stop = _STOP if one.low >= _BIG else _COMMA
    for place, tag in enumerate(units):
        if one.end <= tag.start < one.end + reach:
            if stop.search(doc.raw, _past(doc, one), doc.spans[tag.start][0]):
                break
            return _head(units, place) if code in _HEAD_LAST else tag
    for tag in reversed(units):
        if tag.end <= one.start <= tag.end + _BEFORE:
            gap = doc.raw[doc.spans[tag.end - 1][1] : doc.spans[one.start][0]]
            return tag if _LABEL.fullmatch(gap) else None
    return None


def _past(doc: Doc, one: Quantity) -> int:
    """Where a number ends, with the full stop of an abbreviated million."""
    end = doc.spans[one.end - 1][1]
    return end + (one.scale > 1 and doc.words[one.end - 1] in _ABBREVIATED)


def _head(units: Sequence[Tag], place: int) -> Tag:
    """The last of several nouns in a row, with the names of people before it as one."""
    head = units[place]
    for tag in units[place + 1 :]:
        if tag.start > head.end or (tag.start == head.end and head.value not in _NAMES_OF):
            break
        if tag.start == head.end and tag.value != "unit_organisations":
            head = tag._replace(start=head.start)
    return head


def _counts_else(doc: Doc, one: Quantity) -> bool:
    """Whether a number counts money, time or a share of something: "2 million euros", "1 in 2"."""
    after = {one.end}
    if one.end < len(doc.words) and len(doc.words[one.end]) < _SHORT:
        after.add(one.end + 1)  # d'euros, de dólares
    if any(tag.start in after for tag in (*doc.values("not_people"), *doc.values("currency"))):
        return True
    if any(tag.end == one.start for tag in doc.values("currency")):
        return True
    ahead = doc.words[max(0, one.start - 2) : one.start]
    return len(ahead) > 1 and ahead[1] in _ONE_IN and (ahead[0].isdigit() or ahead[0] in _ONES)


def _is_size(doc: Doc, one: Quantity) -> bool:
    """Whether a number tells how big an organisation is: "serves 2 million customers"."""
    if any(one.start - 3 <= tag.end <= one.start for tag in doc.values("size")):
        return True
    place = _with(doc, one)
    return place is not None and any(tag.end == place for tag in doc.values("trade"))


def _with(doc: Doc, one: Quantity) -> int | None:
    """Where "with" stands just before a number."""
    near = range(max(1, one.start - 3), one.start)
    return next((index for index in near if doc.words[index] in _WITH), None)


def _is_share(doc: Doc, one: Quantity, unit: Tag) -> bool:
    return any(
        tag.start <= one.start <= tag.end + 2 or tag.start == unit.start
        for tag in doc.values("share")
    )


def _is_old(doc: Doc, one: Quantity, unit: Tag) -> bool:
    """Whether a figure is one that the text corrects: "not 5", "instead of 5", "at first 5"."""
    first, last = doc.sentence_at(one.start)
    behind = range(unit.end, min(last, unit.end + 3))
    return (
        any(
            first <= tag.start and one.start - _REACH <= tag.end <= one.start
            for tag in doc.values("earlier_count")
        )
        or any(tag.start in behind for tag in doc.values("since_revised"))
        or any(tag.end == one.start for tag in doc.values("neg_count"))
    )


def _sum(doc: Doc, last: Count, count: Count) -> Count | None:
    """Two groups counted side by side as one: "12,000 customers and 300 employees"."""
    same = last.people.unit == count.people.unit
    if not same or any((last.share, count.share, last.old, count.old, last.vague, count.vague)):
        return None
    between = doc.words[last.end : count.start]
    if not between or not _PLUS.issuperset(between[-1:]) or len(between) > _BEFORE:
        return None
    if doc.sentence_at(last.start) != doc.sentence_at(count.start):
        return None
    low, high = (
        None if one is None or other is None else one + other
        for one, other in (
            (last.people.low, count.people.low),
            (last.people.high, count.people.high),
        )
    )
    people = People(low, high, count.people.unit)
    return replace(count, people=people, start=last.start) if low or high else None


def _bounds(doc: Doc, one: Quantity) -> tuple[int | None, int | None]:
    if one.low != one.high:
        return one.low, one.high
    near = {
        cue: any(tag.end in {one.start, one.start - 1} for tag in doc.values(cue))
        for cue in ("at_least", "at_most", "below")
    }
    if near["below"]:
        return None, one.high - 1
    if near["at_most"]:
        return None, one.high
    return one.low, None if near["at_least"] or one.open else one.high
