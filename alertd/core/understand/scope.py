"""Which kinds of data of a sentence a negation reaches, clause by clause."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from alertd.core.understand.text import Doc, Tag

_REACH: Final = 7
"""Words between a negation and the first kind of data that it denies, and between two of them."""
_FAR_REACH: Final = 14
"""The same behind "no evidence that": a whole clause may follow."""
_VERB_BACK: Final = 3
_VERB_REACH: Final = 8
_BESIDE: Final = 3
_NEGATIONS: Final = frozenset({"neg_before", "neg_far", "neg_verb"})
_EXCEPTIONS: Final = frozenset({"exception", "beside"})
_DENIALS: Final = _NEGATIONS | _EXCEPTIONS | {"safe"}
_NOUNS_HAVE_CAPITALS: Final = frozenset({"de"})
_OPEN: Final = frozenset("([")
_CLOSED: Final = frozenset(")]")
_DASHES: Final = frozenset("—–")


@dataclass(frozen=True, slots=True)
class Clause:
    """A stretch without a turn of thought: its kinds of data, its cues, its last token's end.

    What stands in brackets or between dashes is a clause of its own; around it, one goes on.
    """

    named: tuple[Tag, ...]
    cues: tuple[Tag, ...]
    last: int

    def of(self, value: str) -> list[Tag]:
        """Its cues of one value."""
        return [tag for tag in self.cues if tag.value == value]


def denied(
    doc: Doc, sentence: tuple[int, int], named: Sequence[Tag], cues: Sequence[Tag]
) -> set[Tag]:
    """The kinds of data of one sentence that it says were not exposed."""
    found: set[Tag] = set()
    if _DENIALS.isdisjoint(tag.value for tag in cues):
        return found
    before: Clause | None = None
    for clause in clauses(doc, sentence, named, cues):
        reached = _of_clause(doc, clause)
        if before and _goes_on(doc, before, clause) and found.intersection(before.named):
            found.update(clause.named)
            continue
        found |= reached
        before = clause
    return found


def clauses(
    doc: Doc, sentence: tuple[int, int], named: Sequence[Tag], cues: Sequence[Tag]
) -> list[Clause]:
    """The clauses of a sentence in the order in which they begin."""
    turns = _turns(doc, sentence[1], cues)
    of_named: dict[int, list[Tag]] = defaultdict(list)
    of_cues: dict[int, list[Tag]] = defaultdict(list)
    ends: dict[int, int] = {}
    number = _numbers(doc, sentence, turns)
    for index, clause in enumerate(number, sentence[0]):
        ends[clause] = index + 1
    for tag in named:
        of_named[number[tag.start - sentence[0]]].append(tag)
    for tag in cues:
        of_cues[number[tag.start - sentence[0]]].append(tag)
    return [
        Clause(tuple(of_named[key]), tuple(of_cues[key]), end) for key, end in sorted(ends.items())
    ]


def _turns(doc: Doc, end: int, cues: Sequence[Tag]) -> set[int]:
    """Where a new thought begins; not at an aside: "passwords, however, were not"."""
    void = _void(cues)
    negations = {tag.start for tag in cues if tag.value == "neg_verb"}
    ends = {tag.end for tag in cues if tag.value == "neg_verb"}
    return {
        tag.start
        for tag in cues
        if tag.value == "boundary"
        and tag.start not in void
        and tag.end not in negations
        and not (tag.start in ends and "," not in doc.gap(tag.start))
        and not (tag.end < end and "," in doc.gap(tag.end))
    }


def _numbers(doc: Doc, sentence: tuple[int, int], turns: set[int]) -> list[int]:
    """For each token of a sentence, the number of its clause."""
    found: list[int] = []
    outer: list[int] = []
    number = latest = 0
    dashed = False
    for index in range(*sentence):
        gap = doc.gap(index) if index > sentence[0] else ""
        if index in turns or ";" in gap:
            latest += 1
            number = latest
        if len(gap) > 1 or gap in {"(", ")"}:
            for mark in gap:
                opens = mark in _OPEN or (mark in _DASHES and not dashed)
                closes = mark in _CLOSED or (mark in _DASHES and dashed)
                dashed ^= mark in _DASHES
                if opens:
                    outer.append(number)
                    latest += 1
                    number = latest
                elif closes and outer:
                    number = outer.pop()
        found.append(number)
    return found


def _void(cues: Sequence[Tag]) -> set[int]:
    """The tokens of phrases that look like a negation and are none: "not only"."""
    return {place for tag in cues if tag.value == "cancel" for place in range(tag.start, tag.end)}


def _goes_on(doc: Doc, before: Clause, clause: Clause) -> bool:
    """Whether a bare list goes on behind a semicolon: "not affected: cards; passwords"."""
    if clause.cues or not clause.named or not before.named:
        return False
    first = min(tag.end for tag in before.cues) if before.cues else before.named[0].start
    return any(":" in doc.gap(index) for index in range(first, before.named[0].start + 1))


def _of_clause(doc: Doc, clause: Clause) -> set[Tag]:
    if not clause.named or not clause.cues:
        return set()
    void = _void(clause.cues)
    found: set[Tag] = set()
    void |= {
        tag.start for tag in clause.cues if tag.value in _DENIALS and _is_named(doc, tag, clause)
    }
    for tag in clause.cues:
        if tag.start not in void:
            found |= _of_cue(doc, tag, clause)
    void |= {place for tag in clause.of("safe") for place in range(tag.start, tag.end)}
    for tag in clause.cues:
        if tag.value in _EXCEPTIONS and tag.start not in void:
            found = _excepted(doc, tag, clause, found)
    return found


def _is_named(doc: Doc, cue: Tag, clause: Clause) -> bool:
    """Whether a word is part of a name: "Seguros Norte" insures, "Sans Souci" is a hotel.

    At the head of a sentence it is one only before another capital, which tells nothing in
    German; the capitals of a title tell nothing at all.
    """
    start, end = doc.spans[cue.start]
    if not doc.raw[start:end].istitle():
        return False
    if doc.raw[end : end + 1] == "-":
        return True
    if cue.start < doc.title_tokens:
        return False
    if cue.start != doc.sentence_at(cue.start)[0]:
        return True
    if doc.language in _NOUNS_HAVE_CAPITALS or cue.end >= len(doc.spans):
        return False
    following = doc.raw[slice(*doc.spans[cue.end])]
    return following.istitle() and not any(tag.start == cue.end for tag in clause.named)


def _of_cue(doc: Doc, cue: Tag, clause: Clause) -> set[Tag]:
    match cue.value:
        case "neg_before" | "neg_far":
            return _after(cue, clause)
        case "safe":
            return _spared(cue, clause)
        case "neg_verb":
            return _of_verb(doc, cue, clause)
    return set()


def _excepted(doc: Doc, mark: Tag, clause: Clause, denied: set[Tag]) -> set[Tag]:
    """What "except" names is the other way round than what stands before it.

    "Apart from" may also add ("apart from names, cards were stolen"): it excepts from a whole
    or from a denial only.
    """
    reached = _after(mark, clause)
    leads = not any(tag.end <= mark.start for tag in (*clause.named, *clause.of("exposure")))
    negated = any(
        tag.value in _NEGATIONS and (tag.end <= mark.start or (leads and tag.value != "neg_verb"))
        for tag in clause.cues
    )
    if negated:
        return denied - reached
    if mark.value == "beside" and not clause.of("whole"):
        return denied
    return denied | (_to_comma(doc, mark, reached) if leads and not clause.of("whole") else reached)


def _to_comma(doc: Doc, mark: Tag, reached: set[Tag]) -> set[Tag]:
    """What is excepted before the main clause begins: "except for cards, names were taken"."""
    return {
        tag
        for tag in reached
        if not any("," in doc.gap(index) for index in range(mark.end, tag.start + 1))
    }


def _after(negation: Tag, clause: Clause) -> set[Tag]:
    """What follows a negation, up to the verb after the first of them or to an "only"."""
    reached: set[Tag] = set()
    last = negation.end
    reach = _FAR_REACH if negation.value == "neg_far" else _REACH
    acts = [tag.start for tag in clause.cues if tag.value in {"exposure", "containing"}]
    stops = [
        tag.start
        for tag in clause.cues
        if tag.value == "only" or (tag.value in _EXCEPTIONS and negation.value not in _EXCEPTIONS)
    ]
    if _misused(negation, clause):
        return reached
    for tag in clause.named:
        if tag.start < negation.end:
            continue
        stopped = any(last <= stop < tag.start for stop in stops)
        told = reached and any(last <= act < tag.start for act in acts)
        if stopped or told or tag.start - last > reach:
            break
        reached.add(tag)
        last, reach = tag.end, _REACH
    return reached


def _misused(negation: Tag, clause: Clause) -> bool:
    """Whether it is misuse that is denied: "no sign that the stolen names were misused"."""
    begins = {tag.start for tag in clause.named}
    acts = (
        tag.start
        for tag in clause.of("exposure")
        if tag.start >= negation.end and tag.end not in begins
    )
    first = min(acts, default=clause.last)
    return any(negation.end <= tag.start < first for tag in clause.of("misuse"))


def _spared(mark: Tag, clause: Clause) -> set[Tag]:
    """What is said to be safe; "not unaffected" is the opposite."""
    if any(mark.start - _BESIDE <= tag.start < mark.start for tag in clause.of("neg_verb")):
        return set()
    return _before(mark, clause) or _after(mark, clause)


def _before(negation: Tag, clause: Clause) -> set[Tag]:
    """What stands before a negation, back to the last statement of an exposure."""
    stored = {tag.start for tag in clause.of("storage")}
    wall = max(
        (
            tag.end
            for tag in clause.of("exposure")
            if tag.end <= negation.start and tag.start not in stored
        ),
        default=-1,
    )
    return {tag for tag in clause.named if wall <= tag.start and tag.end <= negation.start}


def _of_verb(doc: Doc, negation: Tag, clause: Clause) -> set[Tag]:
    near = range(negation.start - _VERB_BACK, negation.end + _VERB_REACH)
    after = _after(negation, clause)
    if _heads_list(doc, negation, clause):
        return after
    if _misused(negation, clause):
        return set()
    holds = any(tag.start in near for tag in clause.of("containing"))
    verb = any(tag.start in near for tag in clause.of("exposure"))
    if not (holds or verb or _ends(doc, negation, clause)):
        return set()
    before = _before(negation, clause)
    return after if holds and after else before or after


def _heads_list(doc: Doc, negation: Tag, clause: Clause) -> bool:
    """Whether the kinds of data follow directly ("not passwords") or behind a colon."""
    first = next((tag for tag in clause.named if tag.start >= negation.end), None)
    if first is None:
        return False
    between = range(negation.end, first.start + 1)
    if any(":" in doc.gap(index) for index in between):
        return True
    if len(between) > _BESIDE or any("," in doc.gap(index) for index in between):
        return False
    return not any(
        tag.start in between for tag in (*clause.of("exposure"), *clause.of("containing"))
    )


def _ends(doc: Doc, negation: Tag, clause: Clause) -> bool:
    """Whether a negation is the last word: "passwords were not"."""
    return negation.end >= clause.last or "," in doc.gap(negation.end)
