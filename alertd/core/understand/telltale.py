"""What tells one incident from the next: numbers, and the names that a report mentions.

Names and numbers read the same in every language, so that two reports can be compared by them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Final
from zlib import crc32

from alertd.core.lexicon import Language
from alertd.core.understand.features import Candidate
from alertd.core.understand.parties import Parties
from alertd.core.understand.text import Doc

_NAMES: Final = 14
_NUMBERS: Final = 8
_NAME_LETTERS: Final = range(3, 41)
_LEAST: Final = 100
_GROUP: Final = 3
_DIGITS: Final = frozenset("0123456789")
_LONG: Final = 8
_MARKS: Final = 4
_REACH: Final = 6
_GROUPED: Final = frozenset(" .,'’\u00a0\u202f")
_YEARS: Final = range(1900, 2101)
_SCALED: Final = re.compile(r"(\d{1,6})(k|m|mn|mio|bn)")
_SCALES: Final = {"k": 10**3, "m": 10**6, "mn": 10**6, "mio": 10**6, "bn": 10**9}
_UNTELLING: Final = ("part", "sentence_word", "press", "regulator", "slug")
_BRACKET: Final = re.compile(r"^['\"”’]?\s?[(]['\"“]?$")
_ALSO: Final = re.compile(
    r"^(?: \w{3,12})?[, (]{1,3}(?:(?:also|formerly|now|previously|better) (?:known|called) as"
    r"|d/?b/?a|a\.?k\.?a\.?|doing business as|anciennement|ehemals|antes)[ :]",
    re.IGNORECASE,
)


def words(
    doc: Doc,
    language: Language,
    found: Sequence[Candidate],
    who: Parties,
    span: tuple[int, int],
) -> frozenset[str]:
    """At most 26 telling words of a part of a text: folded names, and numbers in digits.

    A name that the text gives as another name of the organisation that it tells of, "X (also
    known as Y)", is marked with a leading "="; one that it says is another's, "not to be
    confused with Y", with a leading "!".  Four marks of the wording, by which copies are known,
    have a leading "#".
    """
    names = _names(doc, found, who, span)
    numbers = islice(_numbers(doc, language, span), _NUMBERS)
    return frozenset([*names[:_NAMES], *numbers, *_wording(doc, span)])


def again(doc: Doc) -> str:
    """The words by which a title or a first sentence tells of another time, if any."""
    last = doc.sentence_at(doc.title_tokens)[1] if doc.title_tokens < len(doc.words) else 0
    tag = next((tag for tag in doc.values("again") if tag.start < last), None)
    return doc.clause(tag.start, tag.end) if tag else ""


def _wording(doc: Doc, span: tuple[int, int]) -> list[str]:
    """The least check sums of the runs of three words that begin with a long one."""
    words = doc.words
    first, last = max(span[0], doc.title_tokens), span[1] - 2
    runs = {
        crc32(" ".join(words[index : index + 3]).encode())
        for index, word in enumerate(words[first:last], first)
        if len(word) >= _LONG
    }
    return [f"#{run:x}" for run in sorted(runs)[:_MARKS]] if len(runs) > _MARKS else []


def _names(doc: Doc, found: Sequence[Candidate], who: Parties, span: tuple[int, int]) -> list[str]:
    own = {item.key for item in who.organisations}
    parties = own | {item.key for item in who.via}
    starts = {start for item in found if item.key in own for start, _ in item.places}
    ends = {end for item in found if item.key in own for _, end in item.places}
    behind = {end + step for end in ends for step in range(_REACH)}
    ahead = {start - step for start in starts for step in range(_REACH)}
    others = bool(doc.values("namesake"))
    listed = []
    for item in found:
        inside = [place for place in item.places if span[0] <= place[0] < span[1]]
        if not inside or item.key in parties or len(item.key) not in _NAME_LETTERS:
            continue
        if any(_is_namesake(doc, place) for place in inside if others):
            listed.append((-1, f"!{item.key}"))
        elif not item.features.get("place") and any(
            _is_other_name(doc, place, starts, ends)
            for place in inside
            if place[0] in behind or place[1] in ahead
        ):
            listed.append((-1, f"={item.key}"))
        elif not any(map(item.features.get, _UNTELLING)):
            listed.append((inside[0][0], item.key))
    return [name for _, name in sorted(listed)]


def _is_other_name(doc: Doc, place: tuple[int, int], starts: set[int], ends: set[int]) -> bool:
    """Whether a name stands in brackets, or after "known as", beside one of those told of."""
    first, last = place
    before = next((end for end in range(first, max(0, first - _REACH), -1) if end in ends), None)
    after = next((start for start in range(last, last + _REACH) if start in starts), None)
    gaps = [
        doc.raw[doc.spans[end - 1][1] : doc.spans[start][0]]
        for end, start in ((before, first), (last, after))
        if end is not None and start is not None
    ]
    return any(_BRACKET.match(gap) or _ALSO.match(gap) for gap in gaps)


def _is_namesake(doc: Doc, place: tuple[int, int]) -> bool:
    """Whether a text says of a name that it is another's."""
    sentence = doc.sentence_at(place[0])
    return any(
        sentence[0] <= tag.start < sentence[1] and 0 <= place[0] - tag.end < _REACH
        for tag in doc.values("namesake")
    )


def _numbers(doc: Doc, language: Language, span: tuple[int, int]) -> Iterator[str]:
    seen: set[int] = set()
    taken = 0
    digital = [index for index in range(*span) if doc.words[index][0] in _DIGITS]
    for index in digital:
        if index >= taken:
            taken, value = _number(doc, language, index)
            if value >= _LEAST and value not in _YEARS and value not in seen:
                seen.add(value)
                yield str(value)


def _number(doc: Doc, language: Language, index: int) -> tuple[int, int]:
    """Where a number ends, and its value; "5.1 million" and "243 000" are one number."""
    words = doc.words
    digits, end = words[index], index + 1
    scaled = _SCALED.match(digits)
    if not digits.isdigit():
        return end, int(scaled[1]) * _SCALES[scaled[2]] if scaled else 0
    decimals = ""
    while end < len(words) and words[end].isdigit() and doc.gap(end) in _GROUPED:
        if len(words[end]) != _GROUP or len(digits) > 12:  # noqa: PLR2004 - more than there are people
            decimals = words[end] if doc.gap(end) in ".," and len(words[end]) < _GROUP else ""
            end += bool(decimals)
            break
        digits, end = digits + words[end], end + 1
    scale = language.numbers.get(words[end], 1) if end < len(words) else 1
    if scale >= 1000:  # noqa: PLR2004 - thousand and above
        return end + 1, round(float(f"{digits[:15]}.{decimals or 0}") * scale)
    return end, int(digits[:15])
