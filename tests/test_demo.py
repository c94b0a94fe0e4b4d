"""The demonstration succeeds whole, and fails when any one part of it is taken away."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace

import pytest

from alertd.demo import Samples, run, samples, show

WHOLE = samples()
ITEMS = sorted(WHOLE.expected["items"])
WATCHES = re.findall(r'name = "([\w-]+)"\nemail', WHOLE.settings)
BRIEF = 4.0


async def test_it_succeeds_and_says_why() -> None:
    said: list[str] = []
    assert await show(say=said.append) == 0
    text = "\n".join(said)
    assert "the same event" in text
    assert "Do this first" in text
    assert "Everything expected arrived." in text


async def test_the_mails_are_kept_in_the_folder_that_is_named() -> None:
    said: list[str] = []
    await show(say=said.append)
    folder = (await run(samples())).folder
    names = sorted(path.suffix for path in folder.iterdir())
    assert names.count(".eml") == names.count(".html") == names.count(".json") == 7


def without_item(name: str) -> Samples:
    """The samples without the item whose link ends in ``name``."""

    def cut(text: str) -> str:
        if text.startswith("{"):
            feed = json.loads(text)
            feed["items"] = [item for item in feed["items"] if not item["url"].endswith(f"/{name}")]
            return json.dumps(feed)
        for tag in ("item", "entry"):
            parts = re.findall(rf"<{tag}>.*?</{tag}>", text, re.DOTALL)
            for part in parts:
                if f"/{name}" in part:
                    text = text.replace(part, "")
        return text

    return replace(
        WHOLE,
        feeds={key: cut(text) for key, text in WHOLE.feeds.items()},
        later={key: cut(text) for key, text in WHOLE.later.items()},
        seconds=BRIEF,
    )


def without_watch(name: str) -> Samples:
    """The samples without the watch of one subscriber."""
    pattern = rf'(name = "{name}"\n(?:(?!\[\[).*\n)*?)watch = .*\n'
    settings, count = re.subn(pattern, r"\1", WHOLE.settings)
    assert count == 1
    return replace(WHOLE, settings=settings, seconds=BRIEF)


def without_server(name: str) -> Samples:
    """The samples with one server that is not there."""
    return replace(WHOLE, without=frozenset({name}), seconds=BRIEF)


def cases() -> list[tuple[Callable[[str], Samples], str]]:
    """Everything that can be taken away."""
    return [
        *((without_item, name) for name in ITEMS),
        *((without_watch, name) for name in WATCHES),
        *((without_server, name) for name in ("feeds", "smtp")),
    ]


@pytest.mark.slow
@pytest.mark.parametrize(("without", "name"), cases())
async def test_it_fails_when_one_part_is_taken_away(
    without: Callable[[str], Samples], name: str
) -> None:
    said: list[str] = []
    assert await show(without(name), said.append) == 1
    assert any(line.startswith("MISSING") for line in said)
