"""Where each key of a TOML text stands: the line that an error names."""

from __future__ import annotations

import re
import tomllib
from bisect import bisect_right
from typing import Final

Path = tuple[str | int, ...]
"""Keys from the top of the document; a number is a place in an array, from 0."""

_BLANK: Final = re.compile(r"(?:[\s]|#[^\n]*)*")
_KEY: Final = re.compile(r"""[ \t]*([A-Za-z0-9_-]+|"(?:[^"\\]|\\.)*"|'[^']*')[ \t]*""")
_STRING: Final = re.compile(
    r'"""(?:[^\\]|\\.)*?"{3,5}'
    r"|'''.*?'{3,5}"
    r'|"(?:[^"\\]|\\.)*"'
    r"|'[^']*'",
    re.DOTALL,
)
_BARE: Final = re.compile(r"[^,\]}#\n]+")


class _Scanner:
    """Walks a text that tomllib has already accepted; it need not judge, only find."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.table: Path = ()
        self.counts: dict[Path, int] = {}
        self.found: dict[Path, int] = {}

    def run(self) -> dict[Path, int]:
        self.blank()
        while self.at < len(self.text):
            if self.text[self.at] == "[":
                self.header()
            else:
                self.pair(self.table)
            self.blank()
        return self.found

    def blank(self) -> None:
        self.at = self.match(_BLANK).end()

    def match(self, pattern: re.Pattern[str]) -> re.Match[str]:
        found = pattern.match(self.text, self.at)
        assert found is not None, f"no TOML at offset {self.at}"
        return found

    def key(self) -> tuple[str, ...]:
        parts = []
        while True:
            found = self.match(_KEY)
            parts.append(_plain(found[1]))
            self.at = found.end()
            if self.text[self.at] != ".":
                return tuple(parts)
            self.at += 1

    def header(self) -> None:
        start = self.at
        double = self.text.startswith("[[", start)
        self.at += 2 if double else 1
        self.table = self.resolve(self.key(), new=double)
        self.at += 2 if double else 1
        self.note(self.table, start)

    def resolve(self, key: tuple[str, ...], *, new: bool) -> Path:
        path: Path = ()
        for place, part in enumerate(key):
            path = (*path, part)
            if new and place == len(key) - 1:
                self.counts[path] = self.counts.get(path, -1) + 1
            if path in self.counts:
                path = (*path, self.counts[path])
        return path

    def note(self, path: Path, offset: int) -> None:
        for size in range(len(path), 0, -1):
            if self.found.setdefault(path[:size], offset) != offset:
                return

    def pair(self, table: Path) -> None:
        start = self.at
        path = (*table, *self.key())
        self.note(path, start)
        self.at += 1
        self.blank()
        self.value(path)

    def value(self, path: Path) -> None:
        first = self.text[self.at]
        if first == "[":
            self.array(path)
        elif first == "{":
            self.inline(path)
        else:
            self.at = self.match(_STRING if first in "\"'" else _BARE).end()

    def array(self, path: Path) -> None:
        self.at += 1
        place = 0
        while self.more("]"):
            self.note((*path, place), self.at)
            self.value((*path, place))
            place += 1

    def inline(self, path: Path) -> None:
        self.at += 1
        while self.more("}"):
            self.pair(path)

    def more(self, end: str) -> bool:
        self.blank()
        if self.text[self.at] == ",":
            self.at += 1
            self.blank()
        if self.text[self.at] == end:
            self.at += 1
            return False
        return True


def _plain(key: str) -> str:
    if key[0] not in "\"'":
        return key
    return str(tomllib.loads(f"key = {key}")["key"])


class Places:
    """The line of each key, table and array element of one TOML text."""

    def __init__(self, text: str) -> None:
        self._found = _Scanner(text).run()
        self._ends = [found.start() for found in re.finditer("\n", text)]

    def line(self, path: Path) -> int:
        """The line of ``path``, or of the nearest table around it; the first is 1."""
        for size in range(len(path), 0, -1):
            offset = self._found.get(path[:size])
            if offset is not None:
                return bisect_right(self._ends, offset) + 1
        return 1
