"""How right the judgement is on the labelled cases of tests/data/evals: plain counts."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import combinations
from pathlib import Path
from typing import Any, Final

from alertd import lexicon
from alertd.core.assess import assess
from fit import data

FOLDER: Final = Path(__file__).parent / "data" / "evals"
Told = Mapping[str, Any]
"""One answer of the judgement."""


def figures() -> dict[str, float]:
    """Every figure by its name; all are shares of what is right, so that higher is better."""
    return {
        **dict(_types()),
        **dict(_organisations()),
        **dict(_articles()),
        "same event, registers": _same_event(),
    }


def _judged(records: Iterable[Mapping[str, object]]) -> list[Told]:
    return list(assess(records, lexicon.load()))


def _types() -> Iterator[tuple[str, float]]:
    gold = data.load(FOLDER, "datatypes")
    found: dict[str, Counter[str]] = defaultdict(Counter)
    for item, told in zip(gold, _judged(map(data.entry, gold)), strict=True):
        said = {kind for incident in told["incidents"] for kind in incident["data_types"]}
        if item["scope"] != "all":
            said &= set(item["scope"])
        _count(found[item["source"]], said - set(item["labels_unsupported"]), set(item["labels"]))
    yield from ((f"kinds of data, {source}", _f1(counts)) for source, counts in found.items())


def _organisations() -> Iterator[tuple[str, float]]:
    gold = data.load(FOLDER, "organisations")
    found: dict[str, Counter[str]] = defaultdict(Counter)
    for item, told in zip(gold, _judged(map(data.entry, gold)), strict=True):
        incident: Told = next(iter(told["incidents"]), {"organisations": (), "via": ()})
        true = data.names(item["organisation"], *(item["aliases"] or ()))
        _one(found[f"organisation, {item['source']}"], incident["organisations"], true)
        if item["vendor_labelled"]:
            vendor = data.names(item["third_party_vendor"])
            _one(found["supplier, registers"], incident["via"], vendor)
    yield from ((name, _f1(counts)) for name, counts in found.items())


def _one(counts: Counter[str], said: Sequence[str], true: frozenset[str]) -> None:
    """Whether the first name that was said is one of the spellings of the true one."""
    right = bool(data.names(*said[:1]) & true)
    counts["right"] += right
    counts["said"] += bool(said)
    counts["true"] += bool(true)


def _articles() -> Iterator[tuple[str, float]]:
    gold = data.load(FOLDER, "articles")
    judged = _judged(map(data.article, gold))
    found: dict[str, Counter[str]] = defaultdict(Counter)
    for item, told in zip(gold, judged, strict=True):
        said, true = bool(told["relevant"]), bool(item["relevant"])
        found["relevance"].update(right=said and true, said=said, true=true)
        for wanted, given in _matched(item["incidents"], told["incidents"]):
            _compare(found, wanted, given)
    yield from ((f"{name}, articles", _f1(counts)) for name, counts in found.items())
    yield "same event, articles", _pairs(_tied(gold, judged))


def _compare(found: Mapping[str, Counter[str]], wanted: Told, given: Told) -> None:
    """Count one incident as labelled against the same as it was read."""
    unsure = set(wanted["data_types_unsure"])
    denied = set(wanted["not_exposed"])
    _count(found["kinds of data"], set(given["data_types"]) - unsure, set(wanted["data_types"]))
    _count(found["denied kinds"], set(given["not_exposed"]) - unsure, denied)
    _count(found["not denied"], set(given["data_types"]) & denied, set())
    found["not denied"].update(right=len(denied), said=len(denied), true=len(denied))
    names = data.names(*wanted["organisations"], *wanted["aliases"])
    _one(found["organisation"], given["organisations"], names)
    _count(found["supplier"], data.names(*given["via"]), data.names(*wanted["via"]))
    _one(found["status"], [given["status"]], frozenset({wanted["status"]}))
    if wanted["people"]:
        near = _near(wanted["people"], given["people"])
        found["people"].update(right=near, said=bool(given["people"]), true=1)


def _near(wanted: Told, given: Told | None) -> bool:
    """Whether both bounds of a count are within a twentieth; a missing one takes the other's."""
    if not given:
        return False
    pairs = zip(_bounds(wanted), _bounds(given), strict=True)
    return all(abs(one - two) <= max(one, two) / 20 for one, two in pairs)


def _bounds(people: Told) -> tuple[int, int]:
    low, high = people["low"], people["high"]
    return (low or high or 0, high or low or 0)


def _matched(wanted: Sequence[Told], given: Sequence[Told]) -> Iterator[tuple[Told, Told]]:
    """Labelled incidents with those that were read, by name; what was missed with nothing."""
    nothing: Told = dict.fromkeys(("data_types", "not_exposed", "organisations", "via"), ())
    left = list(given)
    for item in wanted:
        names = data.names(*item["organisations"], *item["aliases"])
        home = next((one for one in left if data.names(*one["organisations"]) & names), None)
        if home is None:
            home = left[0] if len(wanted) == len(given) == 1 and left else None
        if home is not None:
            left.remove(home)
        yield item, home or {**nothing, "status": "", "people": None}


def _same_event() -> float:
    gold = data.load(FOLDER, "reports")
    judged = _judged(map(data.report, gold))
    return _pairs(
        (item["incident"], incident["incident"])
        for item, told in zip(gold, judged, strict=True)
        for incident in told["incidents"][:1]
    )


def _tied(gold: Sequence[Told], judged: Sequence[Told]) -> Iterator[tuple[str, str]]:
    for item, told in zip(gold, judged, strict=True):
        for wanted, given in _matched(item["incidents"], told["incidents"]):
            if given["status"]:
                yield wanted["incident_key"], given["incident"]


def _pairs(placed: Iterable[tuple[str, str]]) -> float:
    """F1 over pairs of reports: put together, and rightly so."""
    counts: Counter[str] = Counter()
    for (true_one, said_one), (true_two, said_two) in combinations(placed, 2):
        true, said = true_one == true_two, said_one == said_two
        counts.update(right=true and said, said=said, true=true)
    return _f1(counts)


def _count(counts: Counter[str], said: Iterable[str], true: Iterable[str]) -> None:
    one, two = set(said), set(true)
    counts.update(right=len(one & two), said=len(one), true=len(two))


def _f1(counts: Counter[str]) -> float:
    return 2 * counts["right"] / max(1, counts["said"] + counts["true"])
