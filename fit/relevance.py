"""Fits the weights by which a report is judged to be about a breach."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final, NamedTuple

import alertd.lexicon
from alertd.core.lexicon import Lexicon
from alertd.core.model import Report, Tier
from alertd.core.understand import candidates, numbers, relevance, text, types
from alertd.core.understand.language import language
from fit.data import Record, article, entry, fold_of, load
from fit.linear import Example, logistic, score, spread
from fit.model import Features, Fitted

_OWN: Final = Path(__file__).parent.parent / "tests" / "data" / "relevance"
_REGISTERS: Final = ("organisations", "datatypes")
_WEIGHTS: Final = {"articles": 1.5, "own": 1.0, "register": 0.04}
"""Registers hold breaches only, by the thousand: they must not drown the rest.  What they file
under a fine or a suit is left out: told as news, that is the aftermath of an earlier breach."""
_EXPECTED: Final[Mapping[float, str]] = {
    2.0: "act_often",
    1.5: "break_in_title claim_often confirm_often gang_listing withdraw withdraw_title",
    1.0: "catalogue confirm types",
    -0.5: "no_event nobody",
    -1.0: "bias malware statistics police_often",
    -1.5: "patch",
    -2.0: "question malware_often patch_often",
    -2.5: "no_text legal_title product_title statistics_title",
    -3.0: "nothing_left",
    -3.5: "opinion_title product_often",
    8.0: "stated",
}
_PRIOR: Final = (
    {f"{cue}{place}": 0.5 for cue in relevance.FOR for place in ("", "_title")}
    | {f"{cue}{place}": -0.5 for cue in relevance.AGAINST for place in ("", "_often")}
    | {f"{cue}_title": -2.0 for cue in relevance.AGAINST}
    | {name: value for value, names in _EXPECTED.items() for name in names.split()}
)
"""What a reader would expect of a cue that the data hardly hold: title words say most, and most
news is no breach's.  A source that states whom it concerns is believed, whatever its words."""
_AGAINST: Final = 2.0
"""A false alarm is counted double: of the news of a day, hardly one in ten is of a breach."""
_PULL: Final = 6.0
_ROUNDS: Final = 15


class _Labelled(NamedTuple):
    """One labelled item: where it is from, what keeps it together with others, its example."""

    part: str
    block: str
    example: Example


def fit(data: Path, *, folds: int = 5) -> Fitted:
    """Weights of the section ``relevance``, with figures cross-validated by block."""
    items = tuple(_labelled(data, alertd.lexicon.load()))
    figures = [_figures(items, fold, folds) for fold in range(folds)]
    return Fitted(
        section="relevance",
        weights={name: value for name, value in _fitted(items).items() if abs(value) >= 0.0005},  # noqa: PLR2004 - what three digits show
        notes=_notes(items, figures),
        files={},
    )


def _labelled(data: Path, lexicon: Lexicon) -> Iterator[_Labelled]:
    for gold in load(data, "articles"):
        heard = _heard(article(gold), lexicon)
        yield _made("articles", gold.get("block") or gold["id"], heard, true=gold["relevant"])
    for name in ("negatives", "positives"):
        for line in (_OWN / f"{name}.jsonl").read_text("utf-8").splitlines():
            gold = json.loads(line)
            yield _made("own", gold["id"], _heard(entry(gold), lexicon), true=gold["relevant"])
    seen: set[str] = set()
    for name in _REGISTERS:
        for gold in load(data, name):
            if gold["text"] in seen:
                continue
            seen.add(gold["text"])
            heard = _heard(entry(gold), lexicon)
            if not heard.get("legal_title"):
                yield _made("register", gold["id"], heard, true=True)


def _made(part: str, block: str, heard: Features, *, true: bool) -> _Labelled:
    return _Labelled(
        part, block, Example(heard, true, _WEIGHTS[part] * (1.0 if true else _AGAINST))
    )


def _heard(record: Record, lexicon: Lexicon) -> Mapping[str, float]:
    """The features that the judgement sees."""
    source = str(record.get("source") or "")
    title, body = text.cut(str(record["title"]), str(record["text"]))
    report = Report(
        source=source,
        key=str(record["id"]),
        url="",
        title=title,
        text=body,
        tier=Tier(lexicon.tiers.get(source, Tier.PRESS)),
    )
    code = language(title, body, lexicon)
    spoken = lexicon.language(code)
    doc = text.read(title, body, spoken)
    return relevance.features(
        doc,
        report,
        types.hits(doc),
        candidates.candidates(doc, lexicon, code),
        counted=numbers.counts(doc, spoken),
        lexicon=lexicon,
    )


def _fitted(items: Sequence[_Labelled]) -> dict[str, float]:
    examples = [item.example for item in items]
    return logistic(examples, prior=_PRIOR, pull=_PULL, rounds=_ROUNDS)


def _figures(items: Sequence[_Labelled], fold: int, folds: int) -> dict[str, float]:
    """F1 on the articles and on our own texts of one fold, and the registers' recall."""
    inside = [item for item in items if fold_of(item.block, folds) == fold]
    weights = _fitted([item for item in items if fold_of(item.block, folds) != fold])
    told = [(item, score(item.example.features, weights) > 0) for item in inside]
    return {
        "articles": _f1([(one.example.true, said) for one, said in told if one.part == "articles"]),
        "own": _f1([(one.example.true, said) for one, said in told if one.part == "own"]),
        "register": _mean([float(said) for one, said in told if one.part == "register"]),
    }


def _f1(pairs: Sequence[tuple[bool, bool]]) -> float:
    right = sum(true and said for true, said in pairs)
    return 2 * right / max(1, sum(true for true, _ in pairs) + sum(said for _, said in pairs))


def _mean(values: Sequence[float]) -> float:
    return math.fsum(values) / max(1, len(values))


def _notes(items: Sequence[_Labelled], figures: Sequence[Mapping[str, float]]) -> list[str]:
    counted = {part: sum(item.part == part for item in items) for part in _WEIGHTS}
    return [
        "Fitted by `python -m fit relevance` (logistic regression, L2) on "
        + ", ".join(f"{count} of {part}" for part, count in counted.items()),
        "Cross-validated by block: F1 on articles " + spread([one["articles"] for one in figures]),
        "F1 on our own texts " + spread([one["own"] for one in figures]),
        "recall on registers, which hold breaches only, "
        + spread([one["register"] for one in figures]),
    ]
