"""A list of watches as a table: CSV that a spreadsheet can read and write back unchanged."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, NoReturn

from alertd.config.faults import Findings, quoted, suggestion
from alertd.config.model import Config, General
from alertd.config.people import Household, WatchTable, check_watch, criteria, household
from alertd.config.words import text
from alertd.core.people import Criteria
from alertd.errors import UsageError

NEEDED: Final = ("subscriber", "watch")
LISTS: Final = ("organisations", "data_types", "countries", "sectors", "keywords", "exclude")
PLAIN: Final = ("min_people", "min_status", "follow_suppliers")
COLUMNS: Final = (*NEEDED, *LISTS, *PLAIN)
MOST_FAULTS: Final = 20
MOST_BYTES: Final = 64 * 1024 * 1024
"""About a million rows; what is larger is no list of watches."""

_FORMULA: Final = re.compile(r"'*[=+\-@\t\r]")
"""What a spreadsheet may take for a formula (reliability rule T7), however often it was quoted."""
_QUOTED: Final = re.compile(r"'+[=+\-@\t\r]")
_PIECE: Final = re.compile(r"((?:\\[\\;]|[^;\\]|\\(?![\\;]))*)(?:;|$)")
_ESCAPED: Final = re.compile(r"\\([\\;])")
_BROKEN: Final = {
    "unexpected end": "a quote is opened here and never closed: close it, or write it twice",
    "field larger": "a cell is too long: perhaps a quote is not closed",
    "expected after": 'a cell goes on after its closing quote: write a quote inside a cell as ""',
}

Faults = list[tuple[str, str]]
"""Columns, and what is wrong there."""


@dataclass(frozen=True, slots=True)
class Row:
    """One watch of the table: where it stands, whose it is, its name and what was written."""

    line: int
    subscriber: str
    watch: str
    criteria: Criteria


def write(rows: Iterable[tuple[str, str, Criteria]]) -> Iterator[str]:
    """The lines of the table of watches: subscriber, name and what was written; header first."""
    yield _line(COLUMNS)
    for subscriber, name, wish in rows:
        lists = ("; ".join(map(_escape, sorted(getattr(wish, key)))) for key in LISTS)
        plain = (wish.min_people or "", wish.min_status.value, wish.follow_suppliers or "")
        yield _line([_guarded(str(cell)) for cell in (subscriber, name, *lists, *plain)])


def read(
    data: bytes,
    name: str,
    config: Config,
    subscribers: Iterable[str],
    *,
    progress: Callable[[int], None] = lambda _: None,
) -> list[Row]:
    """The rows of a table.

    Args:
        data: The table: UTF-8, with or without a byte order mark; commas between cells.
        name: What the table is called in errors.
        config: Gives the tags that watches may name.
        subscribers: Who may be named.
        progress: Is told after each row how many have been read.

    Raises:
        UsageError: the table cannot be used; ``FILE:LINE: column: what to do`` for each fault,
            the first ``MOST_FAULTS`` of them.
    """
    reading = _Reading(name, household(General(), {}, config.organisations), set(subscribers))
    for number, (line, cells) in enumerate(_records(_text(data, name), reading)):
        if number == 0:
            reading.head(line, cells)
        elif any(map(str.strip, cells)):
            reading.row(line, cells)
        progress(number)
    return reading.end()


@dataclass(slots=True)
class _Reading:
    """A table half read: its rows so far, and its faults."""

    name: str
    home: Household
    subscribers: set[str]
    columns: Sequence[str] = ()
    rows: list[Row] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    count: int = 0
    first: dict[tuple[str, str], int] = field(default_factory=dict)
    judged: dict[tuple[str, ...], tuple[Criteria | None, Faults]] = field(default_factory=dict)

    def fault(self, line: int, column: str, what: str) -> None:
        """Note a fault; only the first ones are kept in words."""
        self.count += 1
        if self.count <= MOST_FAULTS:
            place = f"{self.name}:{line}: {column}: " if column else f"{self.name}:{line}: "
            self.faults.append(place + what)

    def head(self, line: int, cells: Sequence[str]) -> None:
        """Take the header; nothing below can be read under a wrong one."""
        self.columns = [cell.strip().casefold() for cell in cells]
        if len(cells) == 1 and ";" in cells[0]:
            self.fault(line, "", "cells are separated by semicolons: save it with commas")
            self.end()
        for column in self.columns:
            if column not in COLUMNS:
                hint = suggestion(column, COLUMNS) or f"; write {', '.join(COLUMNS)}"
                self.fault(line, "", f"{quoted(column)} is no column{hint}")
            elif self.columns.count(column) > 1:
                self.fault(line, column, "is there twice: take one out")
        for column in NEEDED:
            if column not in self.columns:
                self.fault(line, column, "is missing: the first line names the columns")
        if self.faults:
            self.end()

    def row(self, line: int, cells: Sequence[str]) -> None:
        """Take one row, or note what is wrong with it."""
        if len(cells) != len(self.columns):
            what = f"has {len(cells)} cells where the first line has {len(self.columns)}"
            self.fault(line, "", f"{what}: put cells that hold a comma in quotes")
            return
        before = self.count
        given = {
            column: self._cell(line, column, cell.strip())
            for column, cell in zip(self.columns, cells, strict=True)
        }
        self._owner(line, given)
        wish = self._wish(line, given) if self.count == before else None
        if wish is not None:
            self.rows.append(Row(line, given["subscriber"], given["watch"], wish))

    def end(self) -> list[Row]:
        """The rows; UsageError when any fault was noted."""
        if not self.columns:
            self.fault(1, "", f"is empty: the first line names the columns {', '.join(COLUMNS)}")
        if self.count > MOST_FAULTS:
            self.faults.append(f"{self.name}: and {self.count - MOST_FAULTS} more")
        if self.faults:
            raise UsageError("\n".join(self.faults))
        return self.rows

    def _cell(self, line: int, column: str, cell: str) -> str:
        if _QUOTED.match(cell):
            return cell[1:]
        if _FORMULA.match(cell):
            shown = quoted(cell)
            self.fault(
                line, column, f"{shown} looks like a formula: write ' before it if it is text"
            )
        return cell

    def _owner(self, line: int, given: Mapping[str, str]) -> None:
        owner, name = given["subscriber"], given["watch"]
        if not owner:
            self.fault(line, "subscriber", "is empty: say whose watch it is")
        elif self._misnamed(line, name):
            return
        elif owner not in self.subscribers:
            # Looking for a near name is slow: not for faults that are only counted.
            near = suggestion(owner, self.subscribers) if self.count < MOST_FAULTS else ""
            hint = near or "; see `alertd subscriber list`"
            self.fault(line, "subscriber", f"there is no {quoted(owner)}{hint}")
        first = self.first.setdefault((owner, name), line)
        if first != line:
            self.fault(line, "watch", f"{quoted(name)} of {quoted(owner)} is in line {first} too")

    def _misnamed(self, line: int, name: str) -> bool:
        try:
            text(name)
        except ValueError as error:
            self.fault(line, "watch", str(error))
            return True
        return False

    def _wish(self, line: int, given: Mapping[str, str]) -> Criteria | None:
        cells = tuple(given.get(key, "") for key in (*LISTS, *PLAIN))
        if cells not in self.judged:
            self.judged[cells] = _judged(dict(zip((*LISTS, *PLAIN), cells, strict=True)), self.home)
        wish, faults = self.judged[cells]
        for column, what in faults:
            self.fault(line, column, what)
        return wish


def _judged(cells: Mapping[str, str], home: Household) -> tuple[Criteria | None, Faults]:
    """What the cells of a watch come to, by the rules of the configuration file."""
    given: dict[str, object] = {key: cells[key] for key in PLAIN if cells[key]}
    given |= {key: _pieces(cells[key]) for key in LISTS}
    found = Findings()
    table = found.read(WatchTable, {"name": "-", **given}, ())
    if table is not None:
        check_watch(table, (), home, found)
    faults = [(str(item.path[0]) if item.path else "", item.what) for item in found.faults]
    return (None, faults) if faults or table is None else (criteria(table), [])


def _pieces(cell: str) -> list[str]:
    pieces = (_ESCAPED.sub(r"\1", piece.strip()) for piece in _PIECE.findall(cell))
    return [piece for piece in pieces if piece]


def _escape(value: str) -> str:
    return value.replace("\\", "\\\\").replace(";", "\\;")


def _guarded(cell: str) -> str:
    return f"'{cell}" if _FORMULA.match(cell) else cell


def _line(cells: Sequence[str]) -> str:
    out = io.StringIO(newline="")
    csv.writer(out, lineterminator="\n").writerow(cells)
    return out.getvalue()


def _records(table: str, reading: _Reading) -> Iterator[tuple[int, list[str]]]:
    """Each record with the line on which it begins; a broken one ends the reading."""
    reader = csv.reader(io.StringIO(table, newline=""), strict=True)
    line = 1
    try:
        for cells in reader:
            yield line, cells
            line = reader.line_num + 1
    except csv.Error as error:
        known = (words for sign, words in _BROKEN.items() if sign in str(error))
        reading.fault(line, "", next(known, f"cannot be read as CSV: {error}"))


def _text(data: bytes, name: str) -> str:
    if len(data) > MOST_BYTES:
        _refuse(name, 1, f"is larger than {MOST_BYTES >> 20} MB: split it")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        _refuse(name, line, "is not UTF-8: save it as CSV in UTF-8")


def _refuse(name: str, line: int, what: str) -> NoReturn:
    raise UsageError(f"{name}:{line}: {what}")
