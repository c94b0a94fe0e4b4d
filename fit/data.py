"""Labelled data: JSON lines, turned into the reports that the judgement would be given."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from alertd.core.names import fold

Record = Mapping[str, Any]
"""One labelled line, or one record in the shape that ``alertd assess`` reads."""

_EDITION: Final = re.compile(r"-(?:en|fr)$")


def load(folder: Path, name: str) -> list[Record]:
    """The lines of one labelled file, such as ``organisations``; none where it is missing."""
    file = folder / f"{name}.jsonl"
    if not file.exists():
        return []
    return [json.loads(line) for line in file.read_text("utf-8").splitlines() if line.strip()]


def report(gold: Record) -> dict[str, object]:
    """What a source would have told of a labelled ``reports`` line, without its labels."""
    given = _text(gold) | {
        "source": _EDITION.sub("", gold["source"]),
        "published": gold.get("published"),
        "url": gold.get("url"),
        "organisation": gold.get("organisation_as_written"),
        "affected": gold.get("affected"),
        "incident_date": _stated_date(gold),
    }
    return {name: value for name, value in given.items() if value not in (None, "")}


def article(gold: Record) -> dict[str, object]:
    """What a source would have told of a labelled ``articles`` line."""
    given = _text(gold) | {
        "source": gold.get("source_style"),
        "published": gold.get("published"),
        "url": gold.get("url"),
    }
    return {name: value for name, value in given.items() if value not in (None, "")}


def entry(gold: Record) -> dict[str, object]:
    """Title and text alone, as for ``organisations`` and ``datatypes``."""
    return _text(gold)


def _text(gold: Record) -> dict[str, object]:
    return {
        "id": str(gold.get("report_id") or gold["id"]),
        "title": gold.get("title") or "",
        "text": gold.get("text") or "",
    }


def _stated_date(gold: Record) -> str | None:
    """The incident's date as precise as its source knows it."""
    lengths = {"year": 4, "month": 7}
    stated = gold.get("incident_date")
    return stated[: lengths.get(gold.get("incident_date_precision") or "", 10)] if stated else None


def names(*listed: str | None) -> frozenset[str]:
    """Names as they are compared: folded, empty ones left out."""
    return frozenset(fold(name) for name in listed if name and fold(name))


def fold_of(key: str, folds: int) -> int:
    """Which fold an example is in: the same for the same key, whatever the order."""
    return int.from_bytes(sha256(key.encode()).digest()[:8], "big") % folds
