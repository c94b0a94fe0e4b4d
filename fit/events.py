"""Whether two reports tell of the same incident: section ``cluster`` of ``weights.toml``.

Examples are the pairs of accounts that share a look-up key.  Logistic regression draws each
weight towards what one would expect before seeing data, so that features which the data hold
rarely or never keep a sensible weight; a feature whose fitted sign is against all sense keeps
the expected one and the rest is fitted again.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Final

import alertd.lexicon
from alertd.core import cluster
from alertd.core.assess import _accounts, _read
from alertd.core.compare import card, features
from alertd.core.lexicon import Lexicon
from alertd.core.model import Account
from alertd.core.names import fold
from fit import data
from fit.linear import Example, logistic, spread
from fit.model import Features, Fitted

_PULL: Final = 100.0
_ROUNDS: Final = 15
_HAND: Final = 3.0
_ARTICLE: Final = 5.0
_LIKELY: Final = 0.3
_TINY: Final = 1e-3
"""Scale of a feature that is to keep its expected weight: the descent steps by weight, not by
effect, so that it cannot move it."""

EXPECTED: Final[Features] = {
    "name_same": 2.0,
    "name_joined": 1.5,
    "name_padded": 1.5,
    "name_within": 0.8,
    "name_other": 1.0,
    "name_one_word": -2.0,
    "name_initials": -1.0,
    "name_like": -4.0,
    "name_start": -4.0,
    "name_mentioned": -6.0,
    "name_far": -12.0,
    "namesake": -6.0,
    "again": -2.0,
    "domain_same": 1.5,
    "domain_other": -1.5,
    "link_same": 2.0,
    "source_same": -2.0,
    "source_count": -2.0,
    "source_day": 1.5,
    "source_refiled": 3.0,
    "source_link": -2.0,
    "source_copy": 1.0,
    "client_and_supplier": -6.0,
    "via_same": -1.5,
    "via_other": -1.5,
    "event_same": 3.0,
    "event": 0.5,
    "event_vague": -1.0,
    "event_over_3": -0.7,
    "event_over_45": -1.2,
    "event_over_120": -1.0,
    "event_over_300": -2.0,
    "event_over_1000": -2.0,
    "event_told": 0.5,
    "event_told_over_150": -0.3,
    "event_told_over_300": -0.7,
    "event_told_over_500": -1.5,
    "event_told_over_1000": -2.0,
    "told_before_event": -4.0,
    "told_apart": -1.5,
    "told_near": 1.0,
    "told_near_event": 1.5,
    "told": 1.2,
    "told_over_7": -0.3,
    "told_over_20": -0.3,
    "told_over_45": -0.7,
    "told_over_75": -0.7,
    "told_over_120": -1.0,
    "told_over_300": -3.0,
    "told_over_1000": -2.0,
    "told_week": 0.0,
    "count_equal_big": 4.0,
    "count_equal_small": 4.0,
    "count_close_big": 2.5,
    "count_close_small": 2.5,
    "count_rounded_big": 1.5,
    "count_rounded_small": 0.3,
    "count_near": -0.3,
    "count_far": -1.0,
    "count_very_far": 0.0,
    "types_agree": 0.5,
    "types_differ": -1.0,
    "words_named": 0.7,
    "words_number": 1.5,
    "words_none": -1.0,
    "wording": 1.0,
}
"""What one would expect of each feature: log-odds for (above zero) or against one incident."""

_AGAINST: Final = frozenset(
    {"count_very_far", *(name for name, weight in EXPECTED.items() if weight < 0)}
)
_FOR: Final = frozenset(
    {"told_week", *(name for name, weight in EXPECTED.items() if weight > 0)} - {"event", "told"}
)
"""What may only speak against one incident, and what only for one."""

_GIVEN: Final = frozenset({"name_one_word"})
"""Not fitted: lists hold few pairs such as Orange and Orange County, the press holds many."""


@dataclass(frozen=True, slots=True)
class _Told:
    """An account with the incident that it is labelled with, and the fold it is in."""

    account: Account
    id: str
    incident: str
    fold: int


@dataclass(frozen=True, slots=True)
class _Labelled:
    """The accounts of one data set and its labelled pairs, each with both its folds."""

    told: Sequence[_Told]
    pairs: Sequence[tuple[Example, frozenset[int]]]
    hand: Mapping[frozenset[str], bool]


def fit(folder: Path, *, folds: int) -> Fitted:
    """Fit on all pairs; cross-validate by blocks: what shares a name or a case shares a fold."""
    lexicon = alertd.lexicon.load()
    reports, articles = _reports(folder, lexicon, folds), _articles(folder, lexicon, folds)
    pairs = (*reports.pairs, *articles.pairs)
    figures = defaultdict(list)
    for out in range(folds):
        weights = _fitted(example for example, of in pairs if out not in of)
        grouped = _grouped(reports, weights)
        figures["reports"].append(_pairwise(reports, grouped, out))
        figures["hand-checked pairs"].append(_by_hand(reports, grouped, out))
        figures["articles"].append(_pairwise(articles, _grouped(articles, weights), out))
    same = sum(example.true for example, _ in pairs)
    return Fitted(
        section="cluster",
        weights=_fitted(example for example, _ in pairs),
        notes=(
            "Fitted by `python -m fit events` on reports.jsonl and articles.jsonl:",
            f"{len(pairs)} pairs of reports that share a key, {same} of one incident.",
            *(
                f"Pairwise F1, cross-validated, {name}: {spread(found)}."
                for name, found in figures.items()
            ),
        ),
        files={},
    )


def _reports(folder: Path, lexicon: Lexicon, folds: int) -> _Labelled:
    gold = data.load(folder, "reports")
    clusters = data.load(folder, "clusters")
    incident = {id_: found["cluster_id"] for found in clusters for id_ in found["report_ids"]}
    verdicts = data.load(folder, "pairs")
    tied = [found["report_ids"] for found in (*clusters, *data.load(folder, "chains"))]
    tied += [[pair["a"], pair["b"]] for pair in verdicts]
    blocks = _blocks(
        {item["report_id"]: fold(item["organisation_as_written"]) for item in gold}, tied
    )
    told = [
        _Told(account, id_, incident[id_], data.fold_of(blocks[id_], folds))
        for number, item in enumerate(gold)
        for id_ in [item["report_id"]]
        for account in _read_as_accounts(number, data.report(item), lexicon)[:1]
    ]
    hand = {
        frozenset((pair["a"], pair["b"])): pair["relation"] == "same"
        for pair in verdicts
        if pair["relation"] != "related"
    }
    return _Labelled(told, _examples(told, hand, 1.0), hand)


def _articles(folder: Path, lexicon: Lexicon, folds: int) -> _Labelled:
    told = []
    for number, item in enumerate(data.load(folder, "articles")):
        accounts = _read_as_accounts(number, data.article(item), lexicon)
        for account in accounts:
            gold = _labelled_as(account, item["incidents"], alone=len(accounts) == 1)
            if gold is not None:
                id_, of = f"{item['id']}#{account.part}", data.fold_of(item["block"], folds)
                told.append(_Told(account, id_, gold["incident_key"], of))
    return _Labelled(told, _examples(told, {}, _ARTICLE), {})


def _read_as_accounts(number: int, record: data.Record, lexicon: Lexicon) -> list[Account]:
    """What the program makes of a record: no account where it reads no breach."""
    return list(_accounts(number, _read(number, record, lexicon)))


def _labelled_as(
    account: Account, incidents: Sequence[data.Record], *, alone: bool
) -> data.Record | None:
    """Which labelled incident of an article an account is about: by names, else the only one."""
    words = {word for item in account.facts.organisations for word in item.key.split()}

    def likeness(gold: data.Record) -> float:
        named = data.names(*gold["organisations"], *gold["aliases"])
        own = {item.key for item in account.facts.organisations}
        tokens = {word for name in named for word in name.split()}
        return bool(own & named) + len(words & tokens) / max(1, len(words | tokens))

    best = max(incidents, key=likeness, default=None)
    if best is None or (likeness(best) < _LIKELY and not (alone and len(incidents) == 1)):
        return None
    return best


def _blocks(names: Mapping[str, str], tied: Iterable[Sequence[str]]) -> Mapping[str, str]:
    """A name for each block: what is tied, or bears the same name, directly or through others."""
    leader: dict[str, str] = {}

    def top(key: str) -> str:
        while leader.setdefault(key, key) != key:
            key = leader[key]
        return key

    links = [(id_, f"name {name}") for id_, name in names.items()]
    links += [(first, other) for first, *others in tied for other in others]
    for one, two in links:
        low, high = sorted((top(one), top(two)))
        leader[high] = low
    return {id_: top(id_) for id_ in names}


def _examples(
    told: Sequence[_Told], hand: Mapping[frozenset[str], bool], weight: float
) -> list[tuple[Example, frozenset[int]]]:
    cards = [card(item.account) for item in told]
    found = []
    for one, two in sorted(cluster.pairs(cards)):
        left, right = told[one], told[two]
        if left.account.report == right.account.report:
            continue
        counts = _HAND if frozenset((left.id, right.id)) in hand else weight
        same = left.incident == right.incident
        example = Example(features(cards[one], cards[two]), same, counts)
        found.append((example, frozenset((left.fold, right.fold))))
    return found


def _fitted(examples: Iterable[Example]) -> Features:
    """Weights of sensible sign; equal examples are put together, which changes nothing else."""
    counted: dict[tuple[tuple[tuple[str, float], ...], bool], float] = defaultdict(float)
    for example in examples:
        counted[tuple(sorted(example.features.items())), example.true] += example.weight
    kept = set(_GIVEN)
    while True:
        scale = dict.fromkeys(kept, _TINY)
        given = [
            Example({name: value * scale.get(name, 1.0) for name, value in found}, true, weight)
            for (found, true), weight in sorted(counted.items())
        ]
        prior = {name: value / scale.get(name, 1.0) for name, value in EXPECTED.items()}
        moved = logistic(given, prior=prior, pull=_PULL, rounds=_ROUNDS)
        weights = {name: value * scale.get(name, 1.0) for name, value in moved.items()}
        senseless = {name for name, value in weights.items() if not _sane(name, value)}
        if senseless <= kept:
            return {
                name: EXPECTED.get(name, 0.0) if name in kept else weights[name] for name in weights
            }
        kept |= senseless


def _sane(name: str, weight: float) -> bool:
    if name in _AGAINST or "_over_" in name:
        return weight <= 0
    return weight >= 0 or name not in _FOR


def _grouped(found: _Labelled, weights: Features) -> Mapping[str, int]:
    groups = cluster.group([item.account for item in found.told], weights)
    return {found.told[index].id: number for number, of in enumerate(groups) for index in of}


def _pairwise(found: _Labelled, groups: Mapping[str, int], out: int) -> float:
    """F1 over the pairs with an end in the fold that was left out."""
    told = found.told
    mine = {item.id for item in told if item.fold == out}
    gold = _together({item.id: item.incident for item in told})
    given = _together(groups)
    return _f1(
        {pair for pair in gold if not mine.isdisjoint(pair)},
        {pair for pair in given if not mine.isdisjoint(pair)},
    )


def _together(label: Mapping[str, object]) -> set[frozenset[str]]:
    members: dict[object, list[str]] = {}
    for id_, name in label.items():
        members.setdefault(name, []).append(id_)
    return {frozenset(pair) for of in members.values() for pair in combinations(of, 2)}


def _by_hand(found: _Labelled, groups: Mapping[str, int], out: int) -> float:
    mine = {item.id for item in found.told if item.fold == out}
    pairs = {pair for pair in found.hand if not mine.isdisjoint(pair) and pair <= groups.keys()}
    given = {pair for pair in pairs if len({groups[id_] for id_ in pair}) == 1}
    return _f1({pair for pair in pairs if found.hand[pair]}, given)


def _f1(gold: set[frozenset[str]], given: set[frozenset[str]]) -> float:
    right = len(gold & given)
    return 2 * right / (len(gold) + len(given)) if gold or given else 1.0
