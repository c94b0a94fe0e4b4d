"""The samples of tests/data/sources: each a body and what should be read from it."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from alertd.core.feed import Reply, Source
from alertd.sources import SourceSettings, build, catalogue

SAMPLES = Path(__file__).parents[1] / "data" / "sources"
OWN = build(SourceSettings(name="ours", url="https://feeds.example.org/all.xml"))


@dataclass(frozen=True)
class Sample:
    """One body, the source that it came from, and the expected reports."""

    source: Source
    body: Path
    expected: tuple[dict[str, Any], ...]

    @property
    def reply(self) -> Reply:
        return reply_with(self.body.read_bytes(), self.source)

    def __str__(self) -> str:
        return f"{self.source.name}/{self.body.name}"


def reply_with(body: bytes, source: Source = OWN, content_type: str = "") -> Reply:
    headers = {"content-type": content_type} if content_type else {}
    return Reply(url=source.request.url, status=200, headers=headers, body=body)


def of(name: str, source: Source) -> list[Sample]:
    """The samples in the folder ``name``."""
    return [
        Sample(source, body, tuple(tomllib.loads(body.with_suffix(".toml").read_text())["report"]))
        for body in sorted((SAMPLES / name).glob("*.*"))
        if body.suffix != ".toml"
    ]


def all_samples() -> list[Sample]:
    shipped = [sample for source in catalogue().values() for sample in of(source.name, source)]
    return shipped + of("feed", OWN)


def rss(*items: str, close: str = "</channel></rss>") -> bytes:
    head = '<?xml version="1.0" encoding="utf-8"?><rss version="2.0"><channel><title>t</title>'
    return (head + "".join(f"<item>{item}</item>" for item in items) + close).encode()
