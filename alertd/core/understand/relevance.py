"""Is a report about a breach at all: named features and their weights."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Final

from alertd.core.lexicon import Lexicon
from alertd.core.model import Report, Tier
from alertd.core.understand.features import Candidate
from alertd.core.understand.parties import is_bystander, is_name, title_parts
from alertd.core.understand.text import Doc
from alertd.core.understand.types import Hit

FOR: Final = (
    "breach",
    "threat",
    "act",
    "notify",
    "claim",
    "confirm",
    "deny",
    "withdraw",
    "listing",
    "gang_listing",
    "personal",
    "break_in",
)
AGAINST: Final = (
    "patch",
    "legal",
    "police",
    "opinion",
    "statistics",
    "product",
    "outage",
    "unrelated",
    "phishing",
    "nothing_left",
    "advice",
    "malware",
)
_VICTIM: Final = ("before_suffer", "after_at")
_EVENT: Final = ("breach", "act", "threat", "claim", "deny", "withdraw", "gang_listing")
_LIST: Final = 3
_POOR: Final = -1.0


def features(
    doc: Doc,
    report: Report,
    hits: Sequence[Hit],
    names: Sequence[Candidate],
    lexicon: Lexicon,
) -> dict[str, float]:
    """The named features of a report; cues count apart in the title and in the text."""
    title = doc.title_tokens
    found: dict[str, float] = {"bias": 1.0}
    for cue in (*FOR, *AGAINST):
        places = [tag.start for tag in doc.values(cue)]
        if not places:
            continue
        inside = sum(place >= title for place in places)
        found[f"{cue}_title"] = float(inside < len(places))
        found[cue] = float(bool(inside))
        found[f"{cue}_often"] = float(inside >= _LIST)
    kinds = {code for hit in hits if hit.exposed for code in hit.types}
    found["types"] = float(bool(kinds))
    found["types_list"] = float(len(kinds) >= _LIST)
    found["denied"] = float(any(not hit.exposed for hit in hits))
    found["no_event"] = float(not any(doc.values(cue) for cue in _EVENT))
    found["stated"] = float(bool(report.organisations or report.data_types))
    found["catalogue"] = float(report.tier in {Tier.OFFICIAL, Tier.CURATED, Tier.CLAIM})
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
    found["no_text"] = float(title == len(doc.stems))
    return {name: value for name, value in found.items() if value}


def confidence(found: Mapping[str, float], lexicon: Lexicon) -> float:
    """How likely the report is about a breach, 0 to 1."""
    weights = lexicon.weights["relevance"]
    total = sum(value * weights.get(name, 0.0) for name, value in found.items())
    return 1 / (1 + math.exp(-max(-30.0, min(30.0, total))))
