"""Who was breached: fits how names are worded, and what else speaks for a name.

The weights of the named features are fitted on wordings that never saw the report, so that they
trust a wording no more than it deserves on new text.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import alertd.lexicon
from alertd.core.lexicon import Lexicon, Wording
from alertd.core.names import fold
from alertd.core.understand import text
from alertd.core.understand.candidates import named, ranked
from alertd.core.understand.features import Candidate
from alertd.core.understand.language import language
from alertd.core.understand.parties import is_bystander
from alertd.core.understand.proposals import stretches
from alertd.core.understand.spans import View, view
from alertd.core.understand.text import Doc
from fit import wording
from fit.data import Record, fold_of, load, names
from fit.linear import Choice, softmax, spread
from fit.model import Features, Fitted

LANGUAGE: Final = "en"
"""The language with enough labelled reports; the others keep weights of their own."""

_SECTION: Final = f"organisation_{LANGUAGE}"
_INNER: Final = 3
_PULL: Final = 6.0
_ROUNDS: Final = 8
_ARTICLE: Final = 6.0
_STRUCTURED: Final = frozenset({"hhs-ocr"})
_IDLE: Final = frozenset({"of", "the", "and", "group", "holdings", "company"})


@dataclass(frozen=True, slots=True)
class Case:
    """A labelled report in the language of the fit."""

    key: str
    source: str
    doc: Doc
    seen: View
    right: frozenset[str]
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class School:
    """What every fit of a part needs: the lexicon, the known words, each case's marks."""

    lexicon: Lexicon
    words: frozenset[str]
    lessons: Mapping[str, wording.Lesson]

    def worded(self, cases: Sequence[Case]) -> Wording:
        """The wording fitted on some cases."""
        return wording.fitted([self.lessons[case.key] for case in cases], self.words)

    def knowing(self, worded: Wording, weights: Features) -> Lexicon:
        """The lexicon with another wording and the weights that go with it."""
        return replace(
            self.lexicon,
            wordings={**self.lexicon.wordings, LANGUAGE: worded},
            weights={**self.lexicon.weights, _SECTION: weights},
        )


def fit(folder: Path, *, folds: int = 5) -> Fitted:
    """Weights and wording fitted on all reports; the figure in the notes is cross-validated."""
    lexicon = alertd.lexicon.load()
    cases = [*_registers(folder, lexicon), *_articles(folder, lexicon)]
    words = wording.known(case.seen for case in cases)
    lessons = {case.key: _lesson(case, lexicon, words) for case in cases}
    school = School(lexicon, words, lessons)
    figures = [_figure(cases, school, part, folds) for part in range(folds)]
    weights, worded = _fitted(cases, school)
    told = spread([figure for figure, _ in figures])
    notes = [
        f"Written by: python -m fit organisations --data FOLDER --folds {folds} --write",
        f"Fitted on {len(cases)} labelled reports in English (registers of breaches, articles).",
        f"The right name comes first in {told}.",
        *_by_source([found for _, one in figures for found in one]),
    ]
    file = wording.rendered(
        worded, ["How names of the breached are worded; see wording.py.", *notes]
    )
    return Fitted(
        section=_SECTION, weights=weights, notes=notes, files={f"wording.{LANGUAGE}.tsv": file}
    )


def same(name: str) -> str:
    """A name as answers are compared: folded, without words that change nothing."""
    return " ".join(word for word in fold(name).split() if word not in _IDLE)


def _registers(folder: Path, lexicon: Lexicon) -> Iterator[Case]:
    for gold in load(folder, "organisations"):
        if gold["source"] not in _STRUCTURED:
            right = names(gold["organisation"], *(gold.get("aliases") or ()))
            yield from _case(gold, gold["source"], right, lexicon)


def _articles(folder: Path, lexicon: Lexicon) -> Iterator[Case]:
    for gold in load(folder, "articles"):
        parts = gold.get("incidents") or ()
        right = {name for part in parts for name in (*part["organisations"], *part["aliases"])}
        right -= {name for part in parts for name in part["via"]}
        if right:
            yield from _case(gold, "articles", names(*right), lexicon, _ARTICLE)


def _case(
    gold: Record, source: str, right: frozenset[str], lexicon: Lexicon, weight: float = 1.0
) -> Iterator[Case]:
    title, body = text.cut(gold.get("title") or "", gold.get("text") or "")
    if language(title, body, lexicon) == LANGUAGE:
        doc = text.read(title, body, lexicon.language(LANGUAGE))
        yield Case(gold["id"], source, doc, view(doc), frozenset(map(same, right)), weight)


def _lesson(case: Case, lexicon: Lexicon, words: frozenset[str]) -> wording.Lesson:
    doc = case.doc
    found = stretches(case.seen, named(doc, lexicon).values(), lexicon)
    right = [
        same(doc.raw[doc.spans[start][0] : doc.spans[end - 1][1]]) in case.right
        for start, end in found
    ]
    return wording.lesson(case.seen, found, right, lexicon, words)


def _fitted(cases: Sequence[Case], school: School) -> tuple[Features, Wording]:
    """The features' weights, fitted on wordings of other parts, and the wording of all."""
    choices: list[Choice] = []
    for part in range(_INNER):
        inside = [case for case in cases if fold_of("inner" + case.key, _INNER) == part]
        others = [case for case in cases if fold_of("inner" + case.key, _INNER) != part]
        knowing = school.knowing(school.worded(others), {})
        choices += [_choice(case, knowing) for case in inside]
    return softmax(choices, pull=_PULL, rounds=_ROUNDS), school.worded(cases)


def _figure(
    cases: Sequence[Case], school: School, part: int, folds: int
) -> tuple[float, list[tuple[str, bool]]]:
    """The share of registers' reports of a fold whose name is found without having seen it."""
    outside = [case for case in cases if fold_of(case.key, folds) != part]
    weights, worded = _fitted(outside, school)
    knowing = school.knowing(worded, weights)
    inside = [case for case in cases if fold_of(case.key, folds) == part]
    found = [(case.source, _is_right(case, knowing)) for case in inside]
    told = [right for source, right in found if source != "articles"]
    return sum(told) / max(1, len(told)), found


def _is_right(case: Case, lexicon: Lexicon) -> bool:
    best = next(iter(_able(case, lexicon)), None)
    return best is not None and same(best.name) in case.right


def _able(case: Case, lexicon: Lexicon) -> list[Candidate]:
    return [item for item in ranked(case.doc, lexicon, LANGUAGE) if not is_bystander(item)]


def _choice(case: Case, lexicon: Lexicon) -> Choice:
    found = _able(case, lexicon)
    return Choice(
        [item.features for item in found],
        [same(item.name) in case.right for item in found],
        case.weight,
    )


def _by_source(found: Sequence[tuple[str, bool]]) -> Iterator[str]:
    for source in sorted({source for source, _ in found}):
        told = [right for one, right in found if one == source]
        yield f"{source}: {sum(told) / len(told):.3f} of {len(told)}"
