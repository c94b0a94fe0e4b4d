"""The stretches of words that are worded like the name of who was breached.

They join the names that capitals alone tell: a name in a title without capitals, a name within a
longer run of capitals.  Each name, found either way, learns how well it is worded.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from alertd.core.lexicon import Lexicon, Wording
from alertd.core.names import LEGAL_FORMS, fold, listed
from alertd.core.understand.features import Candidate
from alertd.core.understand.nature import Natures
from alertd.core.understand.spans import Span, View, spans, view
from alertd.core.understand.text import Doc
from alertd.core.understand.wording import likely

_MOST: Final = 8
_BEHIND: Final = 4.0
_PLACES: Final = 40
_UNLIKELY: Final = -7.0
_OPENING: Final = listed(
    "when while after before although though since because if as in on at during for from with by"
    " how why what who where is are was not and or but to"
)
_MORE_KINDS: Final = frozenset({"forum"})


def propose(
    doc: Doc, lexicon: Lexicon, wording: Wording, found: Mapping[str, Candidate]
) -> list[Candidate]:
    """The best worded stretches that are no name yet; gives all names what their words tell."""
    seen = view(doc)
    places = stretches(seen, found.values(), lexicon)
    scores = likely(seen, places, lexicon, wording)
    groups = _grouped(doc, places, scores)
    top = max(scores, default=0.0) - _BEHIND
    near = [group for group in groups if group[0][0] >= top]
    best = sorted(near, key=lambda group: (-group[0][0], group[0][1]))[:_MOST]
    added: dict[str, Candidate] = {}
    for group in best:
        name = _spelling(seen, [span for _, span in group])
        key = fold(name)
        if doc.words[group[0][1][0]] in _OPENING:
            continue
        if key in found:
            _complete(found[key], group)
        elif key not in added:
            added[key] = Candidate(name, key, [span for _, span in group][:_PLACES])
            added[key].features["proposed"] = 1.0
    everyone = [*found.values(), *added.values()]
    _describe(everyone, dict(zip(places, scores, strict=True)))
    natures = Natures(seen, places, [item.key for item in everyone], lexicon, wording.known)
    for item in everyone:
        item.features |= natures.features(item)
    return list(added.values())


def stretches(seen: View, found: Iterable[Candidate], lexicon: Lexicon) -> list[Span]:
    """The places that compete: stretches of words, and where names were found by other signs."""
    own = spans(seen, lexicon.words["kind"] | _MORE_KINDS)
    return list(dict.fromkeys([*own, *(place for item in found for place in item.places)]))


def _grouped(
    doc: Doc, stretches: Sequence[Span], scores: Sequence[float]
) -> list[list[tuple[float, Span]]]:
    """The places with the same words but for their legal form, the best worded first."""
    groups: dict[str, list[tuple[float, Span]]] = {}
    for span, score in zip(stretches, scores, strict=True):
        start, end = span
        while end - start > 1 and doc.words[end - 1] in LEGAL_FORMS:
            end -= 1
        groups.setdefault(" ".join(doc.words[start:end]), []).append((score, span))
    for group in groups.values():
        group.sort(key=lambda item: (-item[0], item[1]))
    return list(groups.values())


def _spelling(seen: View, places: Sequence[Span]) -> str:
    """A name as the text writes it, with capitals where it does so anywhere."""
    names = list(_spellings(seen.doc, places))
    return next((name for name in names if not name.islower()), names[0].title())


def _spellings(doc: Doc, places: Sequence[Span]) -> Iterator[str]:
    for start, end in places:
        yield doc.raw[doc.spans[start][0] : doc.spans[end - 1][1]]


def _complete(candidate: Candidate, places: Sequence[tuple[float, Span]]) -> None:
    """Adds the places at which a known name was not seen as one, as in a plain title."""
    known = set(candidate.places)
    new = [span for _, span in places if span not in known]
    candidate.places[:] = sorted([*candidate.places, *new])[:_PLACES]


def _describe(everyone: Sequence[Candidate], scores: Mapping[Span, float]) -> None:
    """How well each name is worded at its best, and its share among all stretches."""
    top = max(scores.values(), default=0.0)
    total = math.fsum(math.exp(score - top) for score in scores.values())
    for item in everyone:
        item.places.sort()
        own = [scores[place] for place in item.places if place in scores]
        if not own:
            item.features |= {"unworded": 1.0, "worded_share": _UNLIKELY}
            continue
        likely_here = math.fsum(math.exp(score - top) for score in own) / total
        share = math.log(max(likely_here, math.exp(_UNLIKELY)))
        item.features |= {"worded": max(own), "worded_share": share}
