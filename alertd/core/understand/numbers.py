"""How many are affected: numbers as people write them, what they count, and their bounds."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from alertd.core.lexicon import Language
from alertd.core.model import People
from alertd.core.understand.text import Doc, Tag

_DIGITS: Final = re.compile(
    r"(?<![\w.,/-])(\d{1,3}(?:[ \u00a0\u202f.,'’]\d{3}){1,4}|\d{1,12}(?:[.,]\d{1,3})?)"
    r"(?:\s?(k|m|mn|b|bn|mio|mrd)\b)?(?![\d/%€$£]|[.,]\d|\s?%)"
)
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
_ORDER: Final = ("people", "accounts", "records", "households", "organisations", "files", "GB")
_SHORT: Final = {
    "k": 1_000,
    "m": 1_000_000,
    "mn": 1_000_000,
    "mio": 1_000_000,
    "b": 1_000_000_000,
    "bn": 1_000_000_000,
    "mrd": 1_000_000_000,
}
_REACH: Final = 5
_HUNDRED: Final = 100
_MONEY: Final = re.compile(r"[$€£¥]\s?$")
_YEAR: Final = range(1900, 2101)


@dataclass(frozen=True, slots=True)
class Count:
    """One count of a text, with its place."""

    people: People
    start: int
    end: int
    share: bool


def counts(doc: Doc, language: Language) -> tuple[Count, ...]:
    """Every count of people, accounts, records and the like."""
    return tuple(_counts(doc, language))


def best(found: tuple[Count, ...]) -> Count | None:
    """The count of the whole: people before accounts before records, then the largest."""
    whole = [count for count in found if not count.share] or list(found)
    if not whole:
        return None
    return min(whole, key=lambda item: (_ORDER.index(item.people.unit), -_size(item.people)))


def _size(people: People) -> int:
    return people.low or people.high or 0


def _counts(doc: Doc, language: Language) -> Iterator[Count]:
    units = sorted(
        (tag for tag in doc.tags if tag.value in _UNITS), key=lambda tag: (tag.start, -tag.end)
    )
    for start, end, value in _numbers(doc, language):
        unit = _unit(doc, units, end)
        if unit is None:
            continue
        name = _UNITS[unit.value]
        low, high = _bounds(doc, start, value)
        if name == "TB":
            low, high, name = _thousandfold(low), _thousandfold(high), "GB"
        share = any(
            tag.start <= start <= tag.end + 2 or tag.start == unit.start
            for tag in doc.values("share")
        )
        yield Count(People(low, high, name), start, unit.end, share)


def _thousandfold(value: int | None) -> int | None:
    return None if value is None else value * 1000


def _numbers(doc: Doc, language: Language) -> Iterator[tuple[int, int, tuple[int, int]]]:
    """Token range and (low, high) of each number."""
    starts = doc.starts
    for found in _DIGITS.finditer(doc.folded):
        index = bisect_left(starts, found.start(1))
        if (
            index == len(starts)
            or starts[index] != found.start(1)
            or _MONEY.search(doc.folded, max(0, found.start() - 2), found.start())
        ):
            continue
        end = index
        while end < len(doc.spans) and doc.spans[end][0] < found.end():
            end += 1
        factor = _SHORT.get(found[2] or "", 1)
        end, factor = _scaled(doc, language, end, factor)
        value = _value(found[1], factor)
        if value and not (factor == 1 and value in _YEAR and len(found[1]) == 4):  # noqa: PLR2004 - a year
            yield index, end, (value, value)
    yield from _in_words(doc, language)


def _scaled(doc: Doc, language: Language, end: int, factor: int) -> tuple[int, int]:
    while end < len(doc.stems):
        word = doc.words[end]
        scale = language.numbers.get(word, 0)
        if scale < 1000 or len(word) < 3:  # noqa: PLR2004 - thousand and above, in full
            break
        factor *= scale
        end += 1
    return end, factor


def _value(digits: str, factor: int) -> int:
    grouped = re.fullmatch(r"\d{1,3}(?:[ \u00a0\u202f.,'’]\d{3})+", digits)
    if grouped and not (factor > 1 and re.fullmatch(r"\d{1,3}[.,]\d{3}", digits)):
        return int(re.sub(r"\D", "", digits)) * factor
    return round(float(digits.replace(",", ".").replace(" ", "")) * factor)


def _in_words(doc: Doc, language: Language) -> Iterator[tuple[int, int, tuple[int, int]]]:
    """Numbers such as twelve million, several hundred thousand and tens of thousands."""
    last = 0
    for index, word in enumerate(doc.words):
        if index < last or word not in language.numbers or word in _SHORT:
            continue
        end, value = _spoken(doc, language, index)
        last = end
        if value > 1 or end - index > 1:
            yield index, end, _vague(doc, index, value)


def _spoken(doc: Doc, language: Language, index: int) -> tuple[int, int]:
    """The end and the value of a run of number words."""
    end, value = index, 0
    while end < len(doc.words) and (number := language.numbers.get(doc.words[end], 0)):
        multiplies = value and (number >= value or number >= _HUNDRED)
        value = value * number if multiplies else value + number
        end += 1
    return end, value


def _vague(doc: Doc, index: int, value: int) -> tuple[int, int]:
    before = doc.stems[index - 1] if index else ""
    if before in {"several", "plusieurs", "varios", "varias", "mehrere"}:
        return 2 * value, 10 * value - 1
    tens = doc.stems[index - 2] if index > 1 else ""
    if before in {"of", "de"} and tens in {"ten", "dizaine", "decena"}:
        return 10 * value, 100 * value - 1
    if before in {"of", "de"} and tens in {"hundred", "centaine"}:
        return 100 * value, 1000 * value - 1
    return value, value


def _unit(doc: Doc, units: list[Tag], end: int) -> Tag | None:
    """The first unit behind a number, unless another number or a break stands between."""
    for tag in units:
        if end <= tag.start < end + _REACH:
            gap = doc.raw[doc.spans[end - 1][1] : doc.spans[tag.start][0]]
            return None if re.search(r"[.;:(]|\d", gap) else tag
    return None


def _bounds(doc: Doc, start: int, value: tuple[int, int]) -> tuple[int | None, int | None]:
    if value[0] != value[1]:
        return value
    near = {
        cue: any(tag.end in {start, start - 1} for tag in doc.values(cue))
        for cue in ("at_least", "at_most", "below")
    }
    if near["below"]:
        return None, value[1] - 1
    if near["at_most"]:
        return None, value[1]
    return value[0], None if near["at_least"] else value[1]
