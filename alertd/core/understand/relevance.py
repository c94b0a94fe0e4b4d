"""Is a report about a breach at all: named features and their weights."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from alertd.core.lexicon import Lexicon
from alertd.core.model import Report, Tier
from alertd.core.understand.features import Candidate
from alertd.core.understand.numbers import Count
from alertd.core.understand.parties import is_bystander, is_name, title_parts
from alertd.core.understand.text import Doc, Tag
from alertd.core.understand.types import Hit

FOR: Final = (
    *("breach", "threat", "act", "notify", "claim", "confirm", "deny", "withdraw", "listing"),
    *("gang_listing", "personal", "break_in", "insider", "loss", "misdirected", "letter"),
)
"""Cues that a breach is told with."""
AGAINST: Final = (
    *("patch", "legal", "police", "opinion", "statistics", "product", "outage", "unrelated"),
    *("phishing", "nothing_left", "advice", "malware", "several_hit", "policy", "jobs"),
    "old_case",
)
"""Cues of other news: flaws, verdicts, figures, advice, advertising, sport."""
_CUES: Final = (*FOR, *AGAINST)
_VICTIM: Final = ("before_suffer", "after_at")
_EVENT: Final = ("breach", "act", "threat", "claim", "deny", "withdraw", "gang_listing")
_TAKEN: Final = ("insider", "loss", "misdirected", "personal")
_PURSUED: Final = ("legal", "police")
_OTHER_NEWS: Final = ("statistics", "product", "opinion", "patch", "policy", "unrelated")
_LISTS: Final = frozenset({Tier.OFFICIAL, Tier.CURATED, Tier.CLAIM})
_LIST: Final = 3
_POOR: Final = -1.0
_MANY: Final = 20
_COUNTED: Final = frozenset({"people", "accounts", "records"})


def features(
    doc: Doc,
    report: Report,
    hits: Sequence[Hit],
    names: Sequence[Candidate],
    *,
    counted: Sequence[Count],
    lexicon: Lexicon,
) -> dict[str, float]:
    """The named features of a report; cues count apart in the title and in the text."""
    title = doc.title_tokens
    found: dict[str, float] = {"bias": 1.0}
    for cue in _CUES:
        tags = doc.by_value.get(cue)
        if tags is None:
            continue
        inside = sum(tag.start >= title for tag in tags)
        found[f"{cue}_title"] = float(inside < len(tags))
        found[cue] = float(bool(inside))
        found[f"{cue}_often"] = float(inside >= _LIST)
    kinds = {code for hit in hits if hit.exposed for code in hit.types}
    found["types"] = float(bool(kinds))
    found["types_list"] = float(len(kinds) >= _LIST)
    found["denied"] = float(any(not hit.exposed for hit in hits))
    found["no_event"] = float(not any(doc.values(cue) for cue in _EVENT))
    found["stated"] = float(bool(report.organisations or report.data_types))
    found["catalogue"] = float(report.tier in _LISTS)
    found["victim"] = float(any(item.features.get(cue) for item in names[:3] for cue in _VICTIM))
    found["no_name"] = float(not names or names[0].score < 0)
    found["vague"] = float(not kinds and not found["victim"])
    found["victim_title"] = float(
        any(
            item.places[0][0] < title and any(item.features.get(cue) for cue in _VICTIM)
            for item in names[:3]
        )
    )
    found["nobody"] = float(all(is_bystander(item) or item.score < _POOR for item in names[:6]))
    found["question"] = float(title > 0 and doc.words[0] in lexicon.words["question"])
    found["bare_name"] = float(is_name(doc, title_parts(report.title)[0], lexicon))
    # Lists of breaches take titles from links, or have none; the news writes headlines.
    found["no_title"] = float(not title)
    found["slug_title"] = float(title > _LIST and doc.raw[: doc.title_end].islower())
    found["no_text"] = float(title == len(doc.stems))
    found["many"] = float(any(map(_is_many, counted)))
    told = bool(kinds or found["many"] or any(found.get(cue) for cue in _TAKEN))
    for cue in _PURSUED:
        # A prosecution may be the first that is told of people's data taken.
        found[f"{cue}_of_data"] = float(told and bool(doc.values(cue)))
        found[f"{cue}_old"] = float(bool(doc.values(cue)) and bool(doc.values("old_case")))
    found["lone_title"] = float(not any(tag.start >= title for tag in _events(doc)))
    return {name: value for name, value in found.items() if value}


def is_silent(doc: Doc, report: Report, hits: Sequence[Hit]) -> bool:
    """Whether nothing in a report so much as sounds like a breach; the rest is not read then."""
    listed = report.tier in _LISTS or report.organisations or report.data_types
    return not listed and not hits and doc.by_value.keys().isdisjoint(FOR)


def _events(doc: Doc) -> Iterator[Tag]:
    return (tag for cue in _EVENT for tag in doc.values(cue))


def _is_many(count: Count) -> bool:
    people = count.people
    return people.unit in _COUNTED and (people.low or people.high or 0) >= _MANY


def is_aftermath(found: Mapping[str, float]) -> bool:
    """Whether news that is no breach's is of a fine, a suit, a verdict or an arrest over one."""
    pursued = any(found.get(f"{cue}_title") or found.get(f"{cue}_often") for cue in _PURSUED)
    breach = any(found.get(f"{cue}{place}") for cue in _EVENT for place in ("", "_title"))
    other = any(found.get(f"{cue}_title") for cue in _OTHER_NEWS)
    return pursued and breach and not other


def confidence(found: Mapping[str, float], lexicon: Lexicon) -> float:
    """How likely the report is about a breach, 0 to 1."""
    weights = lexicon.weights["relevance"]
    total = sum(value * weights.get(name, 0.0) for name, value in found.items())
    return 1 / (1 + math.exp(-max(-30.0, min(30.0, total))))
