"""A report's words: cut to size, folded, split into sentences and tagged from the lexicon."""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, NamedTuple

from alertd.core.lexicon import Language, stem
from alertd.core.names import plain
from alertd.core.understand.press import stripped

TITLE_LIMIT: Final = 600
TEXT_LIMIT: Final = 16_000
"""Characters of a title and a text that are read; news items say what happened at their head."""

CLAUSE_LIMIT: Final = 160
"""Characters of the words that are quoted as evidence: enough for a person to judge."""

_CLAUSE_MARK: Final = re.compile(r"[,;:—–]\s+")
_SPACE: Final = re.compile(r"\s+")
_EXCLUSIVE: Final = frozenset({"types", "weak"})
_TOKEN: Final = re.compile(r"[^\W_]{1,60}")
_BREAK: Final = re.compile(r"[.!?…][\"'»”’)\]*_]{0,3}\s+(?=[^\sa-zà-ÿ])|\n+|\s[•·|]\s")
_ABBREVIATION: Final = re.compile(
    r"(?:^|[\s(.])(?:inc|corp|co|ltd|llc|dr|mr|mrs|ms|st|no|vs|jr|sr|art|n|u\.s|u\.k|s\.p\.a|ph\.d|"
    r"jan|feb|mar|apr|aug|sept?|oct|nov|dec|bd|av|dept|univ|approx|al|[a-z])$"
)


class Tag(NamedTuple):
    """A phrase of the lexicon in a text: token positions (end excluded), kind and value."""

    start: int
    end: int
    kind: str
    value: str


@dataclass(frozen=True, slots=True)
class Doc:
    """A report as words.

    ``language`` is its code; ``raw`` is title, line break, text in composed form and ``folded``
    the same, folded, with the same positions; ``words`` are its tokens, ``stems`` the same
    without plurals, ``spans`` their
    places, ``starts`` where these begin, ``sentences`` token ranges; ``title_tokens`` and
    ``title_end`` say where the title ends.
    """

    language: str
    raw: str
    folded: str
    title_end: int
    title_tokens: int
    words: tuple[str, ...]
    stems: tuple[str, ...]
    spans: tuple[tuple[int, int], ...]
    starts: tuple[int, ...]
    sentences: tuple[tuple[int, int], ...]
    tags: tuple[Tag, ...]
    by_value: dict[str, tuple[Tag, ...]]

    def gap(self, index: int) -> str:
        """What stands between the token before and this one."""
        return self.raw[self.spans[index - 1][1] : self.spans[index][0]] if index else ""

    def snippet(self, start: int, end: int, around: int = 0) -> str:
        """The words of some tokens as the report has them, at most some 200 characters."""
        first = max(0, start - around)
        last = min(len(self.spans), end + around) - 1
        return self.raw[self.spans[first][0] : self.spans[last][1]][:200].split("\n")[0].strip()

    def sentence_at(self, index: int) -> tuple[int, int]:
        """The token range of the sentence that holds a token."""
        place = bisect_right(self.sentences, (index, len(self.spans) + 1)) - 1
        return self.sentences[max(0, place)] if self.sentences else (0, 0)

    def clause(self, start: int, end: int) -> str:
        """The whole sentence around some tokens, verbatim; of a long one the clause around them."""
        first, last = self.sentence_at(start)
        left, right = self.spans[first][0], max(self.spans[last - 1][1], self.spans[end - 1][1])
        if right - left > CLAUSE_LIMIT:
            left, right = self._narrowed(left, right, self.spans[start][0], self.spans[end - 1][1])
        return self.raw[left:right].split("\n")[0].strip()

    def _narrowed(self, left: int, right: int, start: int, end: int) -> tuple[int, int]:
        """The widest cut at punctuation, else at spaces, that holds the words and is no longer."""
        low, high = max(left, end - CLAUSE_LIMIT), min(right, start + CLAUSE_LIMIT)
        for pattern in (_CLAUSE_MARK, _SPACE):
            marks = [found.span() for found in pattern.finditer(self.raw, low, high)]
            heads = [*([left] if low == left else []), *(mark[1] for mark in marks)]
            tails = [*(mark[0] for mark in marks), *([right] if high == right else [])]
            for head in (head for head in heads if head <= start):
                fitting = [tail for tail in tails if end <= tail <= head + CLAUSE_LIMIT]
                if fitting:
                    return head, fitting[-1]
        return start, end

    def values(self, value: str) -> tuple[Tag, ...]:
        """The tags of one value."""
        return self.by_value.get(value, ())


def cut(title: str, text: str) -> tuple[str, str]:
    """Title and text in composed form, no longer than is read, without a feed's own labels."""
    return (
        unicodedata.normalize("NFC", title[:TITLE_LIMIT]).strip(),
        stripped(unicodedata.normalize("NFC", text[:TEXT_LIMIT])).strip(),
    )


def read(title: str, text: str, language: Language) -> Doc:
    """The words of a report, cut already, with the tags of its language."""
    raw = f"{title}\n{text}" if title else text
    folded = plain(raw)
    tokens = list(_TOKEN.finditer(folded))
    spans = tuple([token.span() for token in tokens])
    words = tuple([token[0] for token in tokens])
    starts = tuple([start for start, _ in spans])
    stems = tuple(map(stem, words))
    tags = tuple(_tagged(stems, language))
    by_value: dict[str, list[Tag]] = defaultdict(list)
    for tag in tags:
        by_value[tag.value].append(tag)
    return Doc(
        language=language.code,
        raw=raw,
        folded=folded,
        title_end=len(title),
        title_tokens=bisect_left(starts, len(title)),
        words=words,
        stems=stems,
        spans=spans,
        starts=starts,
        sentences=tuple(_sentences(raw, folded, starts)),
        tags=tags,
        by_value={value: tuple(found) for value, found in by_value.items()},
    )


def _tagged(stems: tuple[str, ...], language: Language) -> Iterator[Tag]:
    """All phrases; of the kinds of data only the longest at a place, none within another."""
    phrases, taken = language.phrases, 0
    new = tuple.__new__  # a third of the time that the name's own way takes, some sixty times
    following = (*stems[1:], "")
    for index in [index for index, word in enumerate(stems) if word in phrases]:
        seconds = phrases[stems[index]]
        claimed = False
        for entry in seconds.get(following[index]) or seconds[""]:
            rest = entry.rest
            end = index + 1 + len(rest)
            if len(rest) > 1 and stems[index + 1 : end] != rest:
                continue
            if entry.kind in _EXCLUSIVE:
                if claimed or index < taken:
                    continue
                claimed, taken = True, end
            yield new(Tag, (index, end, entry.kind, entry.value))


def _sentences(raw: str, folded: str, starts: tuple[int, ...]) -> Iterator[tuple[int, int]]:
    first = 0
    for found in _BREAK.finditer(raw):
        place = found.start()
        if raw[place] == "." and _ABBREVIATION.search(folded, max(0, place - 8), place):
            continue
        token = bisect_left(starts, place)
        if token > first:
            yield first, token
            first = token
    if len(starts) > first:
        yield first, len(starts)
