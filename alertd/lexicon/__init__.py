"""The data files of the judgement, loaded into one frozen value.

A language is one file, ``<code>.toml``; phrases in it may give alternatives (``phone|mobile``)
and words that may be missing (``number?``).  ``common.toml`` holds for every language.
"""

from __future__ import annotations

import itertools
import re
import tomllib
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable
from typing import Any, Final

from alertd.core.lexicon import Entry, Language, Lexicon, Weights, Wording, stem
from alertd.core.names import fold, plain, words

_FILES: Final = resources.files(__name__)
_KINDS: Final = ("types", "weak", "issuers", "names", "cues")
_Phrase = tuple[str, str, tuple[str, ...]]
_PLAIN: Final = re.compile(r"[a-z0-9]+(?: [a-z0-9]+)*")
_PLACES: Final = ("countries", "demonyms", "cities", "hints")


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
        languages=_Languages(codes, [*_phrases(common), *_phrases(world)]),
        frequent=_frequent(codes),
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
        publishers={name: code for code, names in world["publishers"].items() for name in names},
        words={use: frozenset(listed.split()) for use, listed in world["words"].items()},
        weights=weights(),
        wordings={code: wording(code) for code in codes if _wording(code).is_file()},
    )


@cache
def weights() -> Mapping[str, Weights]:
    """The features' weights alone, by judgement: all that joining reports needs."""
    return _read("weights")


@cache
def wording(code: str) -> Wording:
    """A language's weights of words beside names: a line each, behind the known words."""
    lines = _wording(code).read_text("utf-8").splitlines()
    rows = [line.split("\t") for line in lines if line and not line.startswith("# ")]
    known = next((words for name, words in rows if name == "known"), "")
    marks = {mark: float(weight) for mark, weight in rows if mark != "known"}
    return Wording(marks, frozenset(known.split()))


def _wording(code: str) -> Traversable:
    return _FILES.joinpath(f"wording.{code}.tsv")


@cache
def _read(name: str) -> dict[str, Any]:
    return tomllib.loads(_FILES.joinpath(f"{name}.toml").read_text("utf-8"))


def _countries(table: Mapping[str, list[str]]) -> dict[str, str]:
    return {" ".join(words(name)): code for code, names in table.items() for name in names}


def _frequent(codes: Sequence[str]) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for code in codes:
        for word in frozenset(words(_read(code)["frequent"])):
            found[word] = (*found.get(word, ()), code)
    return found


class _Languages(Mapping[str, Language]):
    """The languages by their codes, each made ready when it is first asked for."""

    def __init__(self, codes: Sequence[str], common: Sequence[_Phrase]) -> None:
        self._codes, self._common = codes, common
        self._made: dict[str, Language] = {}

    def __getitem__(self, code: str) -> Language:
        if code not in self._codes:
            raise KeyError(code)
        if code not in self._made:
            self._made[code] = _language(code, self._common)
        return self._made[code]

    def __iter__(self) -> Iterator[str]:
        return iter(self._codes)

    def __len__(self) -> int:
        return len(self._codes)


def _language(code: str, common: Sequence[_Phrase]) -> Language:
    """A language's phrases behind those that hold everywhere, and its other words."""
    index: dict[str, dict[str, list[Entry]]] = defaultdict(lambda: defaultdict(list))
    own = _read(code)
    for kind, value, phrase in (*common, *_phrases(own)):
        second = phrase[1] if len(phrase) > 1 else ""
        index[phrase[0]][second].append(Entry(phrase[1:], kind, value))
    return Language(
        code=code,
        phrases={first: _by_second(seconds) for first, seconds in index.items()},
        months=own.get("months", {}),
        numbers=own.get("numbers", {}),
    )


def _by_second(seconds: Mapping[str, list[Entry]]) -> dict[str, tuple[Entry, ...]]:
    """What may follow a first word: by the second word, the single word among them; "" alone."""
    single = seconds.get("", [])
    found = {second: _longest_first([*entries, *single]) for second, entries in seconds.items()}
    return found | {"": _longest_first(single)}


def _longest_first(entries: list[Entry]) -> tuple[Entry, ...]:
    return tuple(sorted(dict.fromkeys(entries), key=lambda entry: -len(entry.rest)))


def _phrases(table: Mapping[str, Any]) -> Iterator[_Phrase]:
    """Kind, value and stemmed words of each phrase of a file."""
    for kind in (*_KINDS, *_PLACES):
        for value, phrases in table.get(kind, {}).items():
            for text in phrases:
                for phrase in _expanded(text):
                    yield kind, value, phrase


def _expanded(text: str) -> Iterator[tuple[str, ...]]:
    if _PLAIN.fullmatch(text):
        yield tuple(map(stem, text.split()))
        return
    slots = [
        [*item.rstrip("?").split("|"), *([""] if item.endswith("?") else [])]
        for item in text.split()
    ]
    for choice in itertools.product(*slots):
        found = tuple(stem(word) for word in words(" ".join(choice)))
        if found:
            yield found
