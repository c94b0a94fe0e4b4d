"""Numbers as people write them in six languages: in figures, in words, as ranges, and vaguely."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

from alertd.core.lexicon import Language
from alertd.core.names import listed
from alertd.core.understand.text import Doc

# Figures are read from the folded text, in which every kind of space is a plain one.
_SCALES: Final = {
    "k": 1_000,
    "m": 1_000_000,
    "mn": 1_000_000,
    "mln": 1_000_000,
    "mio": 1_000_000,
    "b": 1_000_000_000,
    "bn": 1_000_000_000,
    "mld": 1_000_000_000,
    "mrd": 1_000_000_000,
}
_FIGURE: Final = (
    r"(\d{{1,3}}([ .,'’])\d{{3}}(?:\{0}\d{{3}}){{0,3}}|\d{{1,12}}(?:[.,]\d{{1,3}})?)"
    r"(?:\s?(k|m|mn|mln|mio|b|bn|mld|mrd)\b)?"
)
_FIGURES: Final = re.compile(
    r"(?<![\w.,/'’-])"
    + _FIGURE.format(2)
    + r"(?:\s?[-–]\s?"
    + _FIGURE.format(5)
    + r")?(\+?)(?![\d/]|[.,–-]\d|\s?[%€£$])"
)
_GROUPED: Final = re.compile(r"\d{1,3}(?:[ .,'’]\d{3})+")
_ONE_GROUP: Final = re.compile(r"\d{1,3}[.,]\d{3}")
_MONEY: Final = re.compile(r"[$€£¥]\s?$")
_DIGIT_WORDS: Final = ("digit", "figure", "stellig", "chiffre", "cifr", "cijfer")
_LOW: Final = ("low", "niedrig", "unter", "petit", "laag", "lage", "bass", "baj")
_HIGH: Final = ("high", "hoh", "ober", "hoog", "hoge", "alt")
_BETWEEN: Final = listed("between entre zwischen tussen tra fra")
_AND: Final = listed("and et und y e en")
_TO: Final = listed("to a bis tot hasta until")
_HALF: Final = listed("half halbe halben demi medio mezzo mezza halve")
_ONE_AND_A_HALF: Final = listed("anderhalf anderhalve anderthalb eineinhalb")
_OF: Final = listed("a an of un une de d di ein eine een")
_THOUSAND: Final = 1_000
_HUNDRED: Final = 100
_YEARS: Final = range(1900, 2101)
_LAST_DAY: Final = 31
_MOST_DIGITS: Final = 9


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number of a text: its tokens (end excluded), its bounds and how it was written.

    ``scale`` is the power of a thousand that was a word or a letter; ``open`` that more is meant
    ("12,000+"); ``vague`` that only its order is told ("thousands").
    """

    start: int
    end: int
    low: int
    high: int
    scale: int = 1
    open: bool = False
    vague: bool = False


def quantities(doc: Doc, language: Language) -> tuple[Quantity, ...]:
    """All numbers of a text that may count something: no sums of money, dates or years."""
    spoken = not language.numbers.keys().isdisjoint(doc.words)
    found = sorted(
        (
            *_in_figures(doc, language),
            *(_in_words(doc, language) if spoken else ()),
            *_in_digits(doc, language),
            *_by_order(doc, language),
        ),
        key=lambda item: (item.start, -item.end, not item.vague),
    )
    return tuple(_ranges(doc, found))


def _in_figures(doc: Doc, language: Language) -> Iterator[Quantity]:
    starts, done = doc.starts, 0
    # Looked up by words: a pattern that searches the whole text takes ten times as long.
    for index in [place for place, word in enumerate(doc.words) if word[0] <= "9"]:
        found = _FIGURES.match(doc.folded, starts[index]) if index >= done else None
        if found is None or _MONEY.search(doc.folded, max(0, found.start() - 2), found.start()):
            continue
        done = bisect_left(starts, found.end(), index)
        end, scale = _scaled(doc, language, done, _SCALES.get(found[6] or found[3] or "", 1))
        high = _value(found[4] or found[1], scale)
        low = _value(found[1], _SCALES.get(found[3] or "", scale)) if found[4] else high
        one = Quantity(index, end, min(low, high), high, scale, bool(found[7]))
        if high and not _is_date(doc, language, one):
            yield one


def _scaled(doc: Doc, language: Language, end: int, scale: int) -> tuple[int, int]:
    """Past the words for a thousand and above that follow figures."""
    words = doc.words
    while end < len(words) and len(words[end]) >= 3:  # noqa: PLR2004 - single letters are read with the figures
        factor = language.numbers.get(words[end], 0)
        if factor < _THOUSAND:
            break
        scale *= factor
        end += 1
    return end, scale


def _value(digits: str, scale: int) -> int:
    if _GROUPED.fullmatch(digits) and not (scale > 1 and _ONE_GROUP.fullmatch(digits)):
        return int(re.sub(r"\D", "", digits)) * scale
    return round(float(digits.replace(",", ".")) * scale)


def _is_date(doc: Doc, language: Language, one: Quantity) -> bool:
    """Whether bare figures are a year, or a day beside a month."""
    if one.scale > 1 or one.end - one.start > 2:  # noqa: PLR2004 - a range of years is two words
        return False
    if one.low in _YEARS and one.high in _YEARS and len(doc.words[one.start]) == 4:  # noqa: PLR2004 - a year
        return one.low != 2000 or one.end - one.start > 1  # noqa: PLR2004 - a round number, once
    beside = (*doc.words[max(0, one.start - 1) : one.start], *doc.words[one.end : one.end + 2])
    after = beside[-1:] if doc.words[one.end : one.end + 1] == ("de",) else ()
    near = (*beside[:2], *after)
    return one.high <= _LAST_DAY and not language.months.keys().isdisjoint(near)


def _in_words(doc: Doc, language: Language) -> Iterator[Quantity]:
    """Numbers such as twelve million, several hundred thousand and half a million."""
    numbers, last = language.numbers, 0
    places = [index for index, word in enumerate(doc.words) if word in numbers]
    for index in places:
        if index < last or doc.words[index] in _SCALES:
            continue
        if index and doc.words[index - 1].isdigit():
            continue
        last, value, scale = _spoken(doc, language, index)
        one = _raised(doc, _halved(doc, Quantity(index, last, value, value, scale)))
        if one.high > 1:
            yield one


def _raised(doc: Doc, one: Quantity) -> Quantity:
    """With a word of vagueness before it: several hundred thousand, tens of thousands."""
    index, value = one.start, one.low
    starts = {
        cue: next((tag.start for tag in doc.values(cue) if tag.end == index), None)
        for cue in ("hundreds", "tens", "several")
    }
    if starts["hundreds"] is not None:
        start = starts["hundreds"]
        several = any(tag.end == start for tag in doc.values("several"))
        low = (2 if several else 1) * _HUNDRED * value
        return replace(one, start=start, low=low, high=10 * _HUNDRED * value - 1)
    if starts["tens"] is not None:
        return replace(one, start=starts["tens"], low=10 * value, high=_HUNDRED * value - 1)
    if starts["several"] is not None:
        return replace(one, start=starts["several"], low=2 * value, high=10 * value - 1)
    bare = one.end == index + 1 and value >= _THOUSAND
    if bare and doc.stems[index] != doc.words[index]:
        return replace(one, high=10 * value - 1, vague=True)
    return one


def _spoken(doc: Doc, language: Language, index: int) -> tuple[int, int, int]:
    """The end, the value and the scale of a run of number words."""
    numbers, words = language.numbers, doc.words
    end, total, part = index, 0, 0
    while end < len(words):
        number = numbers.get(words[end], 0)
        if not number and part >= _HUNDRED and words[end] in _AND:
            follower = numbers.get(words[end + 1], 0) if end + 1 < len(words) else 0
            if not 1 < follower < _HUNDRED:
                break
        elif not number:
            break
        if number >= _THOUSAND:
            total, part = total + part * number if part else (total or 1) * number, 0
        elif number == _HUNDRED or (part and number > part and number <= 20):  # noqa: PLR2004 - quatre-vingts
            part = (part or 1) * number
        else:
            part += number
        end += 1
    value = total + part
    scale = next((size for size in (10**9, 10**6, 10**3) if value >= size), 1)
    return end, value, scale


def _halved(doc: Doc, one: Quantity) -> Quantity:
    """With half a million, or two and a half million, read as meant."""
    words = doc.words
    before = one.start - 1
    if before >= 0 and words[before] in _OF and one.scale > 1:
        before -= 1
    if one.scale > 1 and one.low == one.scale and before >= 0 and words[before] in _HALF:
        return replace(one, start=before, low=one.low // 2, high=one.high // 2)
    if one.low == one.scale > 1 and one.start and words[one.start - 1] in _ONE_AND_A_HALF:
        value = one.low + one.low // 2
        return replace(one, start=one.start - 1, low=value, high=value)
    after = words[one.end : one.end + 2]
    if one.scale > 1 and len(after) > 1 and after[0] in _AND and after[1] in _HALF:
        value = one.low + one.scale // 2
        return replace(one, end=one.end + 2, low=value, high=value)
    return one


def _in_digits(doc: Doc, language: Language) -> Iterator[Quantity]:
    """How many digits a number has: "in the low four digits", "eine fünfstellige Zahl"."""
    if not any(word in doc.folded for word in _DIGIT_WORDS):
        return
    for index, word in enumerate(doc.words):
        if not any(part in word for part in _DIGIT_WORDS):
            continue
        spoken, _, ending = word.partition("stellig")
        joined = "stellig" in word and bool(spoken)
        count = language.numbers.get(spoken if joined else doc.words[max(0, index - 1)], 0)
        if not 1 < count <= _MOST_DIGITS or (joined and len(ending) > 2):  # noqa: PLR2004 - an ending
            continue
        low, high = 10 ** (count - 1), 10**count - 1
        ahead = doc.words[max(0, index - (1 if joined else 2)) : index]
        if any(part.startswith(_LOW) for part in ahead):
            high = 5 * low - 1
        elif any(part.startswith(_HIGH) for part in ahead):
            low = 5 * low
        yield Quantity(index if joined else index - 1, index + 1, low, high)


def _by_order(doc: Doc, language: Language) -> Iterator[Quantity]:
    """Numbers of which only the order is told: dozens, thousands, Hunderttausende."""
    for cue, low in (
        ("tens", 10),
        ("hundreds", 100),
        ("thousands", 1_000),
        ("ten_thousands", 10_000),
        ("hundred_thousands", 100_000),
        ("millions", 1_000_000),
    ):
        for tag in doc.values(cue):
            if low < _THOUSAND and doc.words[tag.start] in language.numbers:
                continue  # "ten of", where a plural was meant
            yield Quantity(tag.start, tag.end, low, 10 * low - 1, vague=True)


def _ranges(doc: Doc, found: list[Quantity]) -> Iterator[Quantity]:
    """The numbers without those inside others, and the two ends of a range as one."""
    last: Quantity | None = None
    for one in found:
        if last and one.start < last.end:
            continue
        joined = _joined(doc, last, one) if last else None
        if last and not joined:
            yield last
        last = joined or one
    if last:
        yield last


def _joined(doc: Doc, first: Quantity, second: Quantity) -> Quantity | None:
    if second.start != first.end + 1 or first.vague or second.vague:
        return None
    link = doc.words[first.end]
    opened = doc.words[first.start - 1] in _BETWEEN if first.start else False
    if not (link in _TO or (opened and link in _AND)):
        return None
    scaled = first.low * second.scale if first.scale == 1 else first.low
    low = scaled if scaled < second.high else first.low
    return replace(second, start=first.start, low=low) if low < second.high else None
