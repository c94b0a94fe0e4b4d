"""How likely a stretch of words is the name of who was breached, by the words beside and in it.

Each place where a name may begin, go on or end gets marks, such as ``Bp at`` (in the body, after
"at"); the weights of marks stand in a file of their own in the lexicon, for the languages with
enough labelled reports.  A mark's first letter is the zone: ``S`` a title whose capitals tell
nothing, ``T`` another title, ``B`` the body; in lower case it holds for all zones.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from itertools import repeat
from typing import Final

from alertd.core.lexicon import Lexicon, Wording
from alertd.core.understand.spans import CAPITAL, NUMBER, Span, View

Marks = dict[int, list[str]]
"""The marks of each place."""

_LONGEST_TOLD: Final = 8
_AGE: Final = 2
_CLASSED: Final = frozenset({"cues", "types", "countries"})
_KINDS: Final = ("kind", "given", "state")


class Reader:
    """Writes the marks of a text's places; looks each word up once."""

    def __init__(self, seen: View, lexicon: Lexicon, known: AbstractSet[str]) -> None:
        self.seen, self.known = seen, known
        self.words = seen.doc.words
        if NUMBER in seen.shapes:
            self.words = tuple(["#" if word.isdigit() else word for word in seen.doc.words])
        self.classes = _classes(seen, lexicon)
        self.title = seen.doc.title_tokens
        self.told = self._told() if seen.plain_title else {}

    def begin(self, place: int) -> list[str]:
        """The marks of a name that would begin at a word."""
        seen, words = self.seen, self.words
        zone, word = self._zone(place), self._word(place)
        head = place in seen.heads
        before = "^" if head else words[place - 1]
        earlier = "^" if head or place - 1 in seen.heads else words[place - 2]
        gap = "" if head else seen.gaps[place - 1].strip()[:1]
        marks = [
            f"p {before}", f"{zone}p {before}", f"pp {earlier} {before}", f"q {earlier}",
            f"{zone}g {gap}", f"f {word}", f"{zone}f {word}",
            f"{zone}{'^' if head else 'm'}{'1' if place == self.title else ''}",
        ]  # fmt: skip
        if zone == "S":
            now = self._told_class(place)
            marks += (f"Sb {self._told_class(place - 1)}{now}", f"Sc {now}")
        if not head:
            if seen.shapes[place - 1]:
                marks.append(f"{zone}<")
            marks += [f"{zone}pc {kind}" for kind in self.classes.get(place - 1, ())]
            marks += [f"qc {kind}" for kind in self.classes.get(place - 2, ()) if place > 1]
        marks += [f"{zone}fc {kind}" for kind in self.classes.get(place, ())]
        return marks

    def end(self, place: int) -> list[str]:
        """The marks of a name whose last word would be the one before a place."""
        seen, words = self.seen, self.words
        zone, word = self._zone(place - 1), self._word(place - 1)
        stop = place in seen.heads or place >= len(words)
        after = "$" if stop else words[place]
        later = (
            "$" if stop or place + 1 in seen.heads or place + 1 >= len(words) else words[place + 1]
        )
        gap = "" if stop else seen.gaps[place - 1].strip()[:1]
        sort = after if after in "#$" else "a" if len(after) <= _AGE else "w"
        marks = [
            f"n {after}", f"{zone}n {after}", f"nn {after} {later}", f"o {later}",
            f"{zone}h {gap}", f"l {word}", f"{zone}l {word}", f"hn {gap}{sort}",
            f"{zone}{'$' if stop else '-'}",
        ]  # fmt: skip
        if zone == "S":
            now = self._told_class(place - 1)
            marks += (f"Sd {now}{self._told_class(place)}", f"Se {now}")
        if not stop:
            if seen.shapes[place]:
                marks.append(f"{zone}> {gap}")
            marks += [f"{zone}nc {gap}{kind}" for kind in self.classes.get(place, ())]
            marks += [f"oc {kind}" for kind in self.classes.get(place + 1, ())]
            marks += [f"rc {kind}" for kind in self.classes.get(place + 2, ())]
        marks += [f"{zone}lc {kind}" for kind in self.classes.get(place - 1, ())]
        return marks

    def inside(self, place: int) -> list[str]:
        """The marks of a name that holds a word."""
        zone, word, shape = self._zone(place), self._word(place), self.seen.shapes[place]
        marks = [f"{zone}{'?' if word == '?' else 'k'}{shape}", f"i {word}"]
        if word != "?":
            marks.append(f"{zone}i {word}")
        if zone == "S":
            marks.append(f"Si {self._told_class(place)}")
        marks += [f"ic {kind}" for kind in self.classes.get(place, ())]
        return marks

    def size(self, span: Span) -> str:
        """The mark of a name's length."""
        return f"{self._zone(span[0])}# {min(_LONGEST_TOLD, span[1] - span[0])}"

    def _zone(self, place: int) -> str:
        return "B" if place >= self.title else "S" if self.seen.plain_title else "T"

    def _word(self, place: int) -> str:
        return self.words[place] if self.seen.doc.words[place] in self.known else "?"

    def _told(self) -> dict[str, str]:
        """How the body writes each word: with a capital within a sentence, or without."""
        told: dict[str, str] = {}
        words, shapes = self.seen.doc.words, self.seen.shapes
        for place in range(self.title, len(words)):
            if not shapes[place]:
                told.setdefault(words[place], "c")
            elif place not in self.seen.heads:
                told[words[place]] = "C"
        return told

    def _told_class(self, place: int) -> str:
        """Whether a word of the title is a known one, and how the body writes it."""
        if not 0 <= place < self.title:
            return "^"
        word = self.seen.doc.words[place]
        return ("k" if word in self.known else "u") + self.told.get(word, "0")


def likely(seen: View, spans: Sequence[Span], lexicon: Lexicon, wording: Wording) -> list[float]:
    """The score of each span: its beginning, its end, its words and its length."""
    reader, get = Reader(seen, lexicon, wording.known), wording.marks.get
    begin = _summed({start for start, _ in spans}, reader.begin, wording.marks)
    end = _summed({end for _, end in spans}, reader.end, wording.marks)
    within = {place for first, last in spans for place in range(first, last)}
    inside = _summed(within, reader.inside, wording.marks)
    return [
        begin[span[0]]
        + end[span[1]]
        + sum([inside[place] for place in range(*span)])
        + get(reader.size(span), 0.0)
        for span in spans
    ]


def _summed(
    places: AbstractSet[int], marks: Callable[[int], list[str]], weights: Mapping[str, float]
) -> dict[int, float]:
    get, nothing = weights.get, repeat(0.0)
    return {place: sum(map(get, marks(place), nothing)) for place in places}


def _classes(seen: View, lexicon: Lexicon) -> dict[int, list[str]]:
    """What is known of some words: the cues they are part of, and what kind of word they are."""
    found: dict[int, list[str]] = {}
    for first, end, kind, value in seen.doc.tags:
        if kind in _CLASSED:
            named = value if kind == "cues" else kind
            for place in range(first, end):
                known = found.setdefault(place, [])
                if named not in known:
                    known.append(named)
    for kind in _KINDS:
        for place in _places(seen, lexicon.words[kind], small=kind == "kind"):
            found.setdefault(place, []).append(kind.upper())
    return found


def _places(seen: View, listed: frozenset[str], *, small: bool) -> list[int]:
    """Where some words stand, with a capital unless they may be small."""
    if listed.isdisjoint(seen.doc.words):
        return []
    return [
        place
        for place, word in enumerate(seen.doc.words)
        if word in listed and (small or seen.shapes[place] == CAPITAL)
    ]
