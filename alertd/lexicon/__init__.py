"""The data files of the judgement, loaded into one frozen value.

A language is one file, ``<code>.toml``; phrases in it may give alternatives (``phone|mobile``)
and words that may be missing (``number?``).  ``common.toml`` holds for every language.
"""

from __future__ import annotations

import itertools
import tomllib
from collections import defaultdict
from collections.abc import Iterator, Mapping
from functools import cache
from importlib import resources
from typing import Any, Final

from alertd.core.lexicon import Entry, Language, Lexicon, Weights, stem
from alertd.core.names import fold, plain, words

_FILES: Final = resources.files(__name__)


@cache
def load() -> Lexicon:
    """The lexicon, read once."""
    common = _read("common")
    world = _read("world")
    world["names"] = {name: [name, *names] for name, names in world["aliases"].items()}
    codes = sorted(
        file.name.removesuffix(".toml")
        for file in _FILES.iterdir()
        if len(file.name) == len("xx.toml") and file.name.endswith(".toml")
    )
    return Lexicon(
        languages={code: _language(code, (common, world, _read(code))) for code in codes},
        countries=_countries(world["countries"]),
        roles={fold(name): role for role, names in world["roles"].items() for name in names},
        generic=frozenset(plain(word) for word in world["generic"]["words"]),
        aliases={
            fold(name): fold(canonical)
            for canonical, names in world["aliases"].items()
            for name in names
        },
        articled=frozenset(fold(name) for name in world["generic"]["articled"]),
        tiers={name: tier for tier, names in world["tiers"].items() for name in names},
        words={use: frozenset(listed.split()) for use, listed in world["words"].items()},
        weights=weights(),
    )


@cache
def weights() -> Mapping[str, Weights]:
    """The features' weights alone, by judgement: all that joining reports needs."""
    return _read("weights")


def _read(name: str) -> dict[str, Any]:
    return tomllib.loads(_FILES.joinpath(f"{name}.toml").read_text("utf-8"))


def _countries(table: Mapping[str, list[str]]) -> dict[str, str]:
    return {" ".join(words(name)): code for code, names in table.items() for name in names}


def _language(code: str, tables: tuple[Mapping[str, Any], ...]) -> Language:
    """A language's phrases, with those that hold everywhere; its own file is the last table."""
    index: dict[str, dict[str, list[Entry]]] = defaultdict(lambda: defaultdict(list))
    own = tables[-1]
    for table in tables:
        for kind, value, phrase in _phrases(table):
            second = phrase[1] if len(phrase) > 1 else ""
            index[phrase[0]][second].append(Entry(phrase[1:], kind, value))
    return Language(
        code=code,
        frequent=frozenset(words(own["frequent"])),
        phrases={
            first: {second: _longest_first(entries) for second, entries in seconds.items()}
            for first, seconds in index.items()
        },
        months=own.get("months", {}),
        numbers=own.get("numbers", {}),
    )


def _longest_first(entries: list[Entry]) -> tuple[Entry, ...]:
    return tuple(sorted(dict.fromkeys(entries), key=lambda entry: -len(entry.rest)))


def _phrases(table: Mapping[str, Any]) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    """Kind, value and stemmed words of each phrase of a file."""
    for kind in ("types", "weak", "issuers", "countries", "names", "cues"):
        for value, phrases in table.get(kind, {}).items():
            for text in phrases:
                for phrase in _expanded(text):
                    yield kind, value, phrase


def _expanded(text: str) -> Iterator[tuple[str, ...]]:
    slots = [
        [*item.rstrip("?").split("|"), *([""] if item.endswith("?") else [])]
        for item in text.split()
    ]
    for choice in itertools.product(*slots):
        found = tuple(stem(word) for word in words(" ".join(choice)))
        if found:
            yield found
