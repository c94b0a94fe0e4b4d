"""Watches as a table: out to a spreadsheet and back, with every fault told by its line."""

from __future__ import annotations

import asyncio
import json
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alertd.config import load, watchlist
from alertd.core.model import DataType, Status
from alertd.core.people import Criteria
from alertd.errors import UsageError
from alertd.store import Store
from tests.commands import Say, sayer, write_config
from tests.scene import now, person

HEAD = "subscriber,watch,organisations,data_types\n"
CONFIG = load(None, {"HOME": "/nowhere"}, Path("/nowhere"))


@pytest.fixture
def say(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Say:
    write_config(tmp_path, person("patient"), person("ann", '{name = "ids", countries = ["FR"]}'))
    return sayer(tmp_path, monkeypatch, capsys)


def take(say: Say, table: str | bytes, *words: str, mode: str = "add") -> tuple[int, str, str]:
    """Import a table from a pipe."""
    data = table if isinstance(table, bytes) else table.encode()
    return say("watch", "import", "-", "--mode", mode, *words, stdin=data)


def listed(say: Say) -> set[tuple[str, str]]:
    return {
        (row["subscriber"], row["name"]) for row in json.loads(say("watch", "list", "--json")[1])
    }


def test_the_plan_is_said_first_and_a_dry_run_does_nothing_else(say: Say) -> None:
    table = HEAD + "".join(f"ann,v{n},Vendor {n},\n" for n in range(7))
    before = listed(say)
    code, out, _ = take(say, table, "--dry-run")
    assert code == 0
    assert out.splitlines() == [
        "7 to add: ann: v0, ann: v1, ann: v2, ann: v3, ann: v4 and 2 more",
        "0 to change",
        "0 to remove",
        "0 unchanged",
        "nothing was done: leave out --dry-run to do it",
    ]
    assert listed(say) == before
    assert take(say, table)[1].splitlines()[-1] == "done"
    assert listed(say) == before | {("ann", f"v{n}") for n in range(7)}


def test_add_adds_and_changes_and_sync_also_removes_but_never_what_the_file_manages(
    say: Say,
) -> None:
    take(say, HEAD + "ann,a,A,\nann,b,B,\npatient,p,P,\n")
    _, out, _ = take(say, HEAD + "ann,b,B; Bee,\nann,c,C,\nann,a,A,\n")
    assert [line.partition(":")[0] for line in out.splitlines()] == [
        "1 to add",
        "1 to change",
        "0 to remove",
        "1 unchanged",
        "done",
    ]
    _, out, _ = take(say, HEAD + "ann,c,C,\n", mode="sync")
    assert "2 to remove: ann: a, ann: b" in out
    assert listed(say) == {("ann", "c"), ("ann", "ids"), ("patient", "p"), ("patient", "mine")}
    assert "0 to remove" in take(say, HEAD, mode="sync")[1], "nobody is named, nobody is touched"


def test_export_and_import_change_nothing(say: Say) -> None:
    take(say, HEAD + 'ann,"\'=1+1","\'@Corail; a\\;b",national-id; name\n')
    _, table, _ = say("watch", "export")
    assert table.splitlines()[0] == ",".join(watchlist.COLUMNS)
    assert "\nann,'=1+1,'@Corail; a\\;b,name; national-id," in table
    for mode in ("add", "sync"):
        assert "3 unchanged" in take(say, table, mode=mode)[1]
    only = say("watch", "export", "--subscriber", "patient")[1]
    assert "ann" not in only
    assert "patient,mine,Almerys" in only


FAULTS = {
    "": "1: is empty: the first line names the columns subscriber, watch,",
    "name,org\nx,y\n": '1: "name" is no column; write subscriber, watch',
    "subscriber,organisations\nann,A\n": "1: watch: is missing",
    "subscriber,watch,organisation\nann,a,A\n": 'is no column; did you mean "organisations"?',
    "subscriber,watch,watch\n": "1: watch: is there twice",
    "subscriber;watch;organisations\nann;a;A\n": "separated by semicolons: save it with commas",
    HEAD + "ann,a,A\n": "2: has 3 cells where the first line has 4",
    HEAD + "\nann,a,A,\nbob,b,B,\n": '4: subscriber: there is no "bob"',
    HEAD + "an,a,A,\n": 'subscriber: there is no "an"; did you mean "ann"?',
    HEAD + ",a,A,\n": "2: subscriber: is empty",
    HEAD + "ann,,A,\n": "2: watch: write one line of 1 to 200 characters",
    HEAD + f"ann,{'x' * 201},A,\n": "2: watch: write one line of 1 to 200 characters",
    HEAD + "ann,a,A,natonal-id\n": '2: data_types: "natonal-id" is not known',
    "subscriber,watch,countries\nann,a,XX\n": '2: countries: "XX" is no country',
    "subscriber,watch,organisations\nann,a,tag:nope\n": "2: organisations: no organisation has",
    "subscriber,watch,keywords,min_people\nann,a,b,many\n": "2: min_people: write a whole number",
    "subscriber,watch,keywords,follow_suppliers\nann,a,b,9\n": "2: follow_suppliers: must be 5",
    "subscriber,watch,keywords,min_status\nann,a,b,sure\n": "2: min_status: ",
    HEAD + "ann,a,,\n": "2: watches nothing: give at least one of organisations",
    HEAD + "ann,a,A,\nann,a,B,\n": '3: watch: "a" of "ann" is in line 2 too',
    HEAD + "ann,a,=cmd|x,\n": '2: organisations: "=cmd|x" looks like a formula: write \' before it',
    HEAD + 'ann,a,"A,\nann,b,B,\n': "2: a quote is opened here and never closed",
    HEAD + 'ann,a,"A"B,\n': "2: a cell goes on after its closing quote",
    HEAD + f'ann,a,"{"x" * 140_000}",\n': "2: a cell is too long",
    HEAD + "patient,mine,Other,\n": "2: watch: 'mine' of patient is in the configuration file",
}


@pytest.mark.parametrize("table", FAULTS, ids=range(len(FAULTS)))
def test_each_fault_is_one_line_with_its_place_and_nothing_is_written(table: str, say: Say) -> None:
    before = listed(say)
    code, out, err = take(say, table, mode="sync")
    assert (code, out) == (2, "")
    lines = err.splitlines()
    assert all(line.startswith("alertd: standard input:") for line in lines)
    assert FAULTS[table] in err
    assert listed(say) == before


def test_of_many_faults_twenty_are_told_and_the_rest_counted(say: Say) -> None:
    code, _, err = take(say, HEAD + "nobody,a,A,\n" * 50)
    lines = err.splitlines()
    assert code == 2
    assert len(lines) == watchlist.MOST_FAULTS + 1
    assert lines[-1] == "alertd: standard input: and 79 more", "49 of them are there twice too"


def test_bytes_that_are_no_utf8_or_too_many_are_refused(say: Say, tmp_path: Path) -> None:
    code, _, err = take(say, HEAD.encode() + "ann,a,Hôpital,\n".encode("latin-1"))
    assert (code, err) == (2, "alertd: standard input:2: is not UTF-8: save it as CSV in UTF-8\n")
    assert take(say, b"\xef\xbb\xbf" + HEAD.encode() + b"ann,a,A,\r\n,,,\r\n")[0] == 0
    assert "nofile.csv: No such file" in say("watch", "import", "nofile.csv", "--mode", "add")[2]
    with pytest.raises(UsageError, match=r"large\.csv:1: is larger than 64 MB"):
        watchlist.read(b"x" * (watchlist.MOST_BYTES + 1), "large.csv", CONFIG, ())
    path = tmp_path / "own.csv"
    path.write_text(HEAD + "ann,z,Z,zz\n")
    assert f"{path}:2: data_types:" in say("watch", "import", str(path), "--mode", "add")[2]


WORD = st.text(
    st.characters(blacklist_categories=("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp", "Zs")),
    min_size=1,
    max_size=12,
).filter(lambda text: text.isprintable() and text.strip() == text)
ODD = st.sampled_from(["=1", "'=1", "''@x", "+", "-a", "a;b", "a\\", "\\;", 'a"b', "a,b", "é ; ü"])
WORDS = st.lists(WORD | ODD, max_size=3, unique=True).map(lambda found: tuple(sorted(found)))
WISHES = st.builds(
    Criteria,
    organisations=WORDS.filter(lambda found: not any(x.startswith("tag:") for x in found)),
    data_types=st.frozensets(st.sampled_from(DataType), min_size=1, max_size=3),
    countries=st.frozensets(st.sampled_from(["FR", "US", "DE"])),
    sectors=WORDS.map(frozenset),
    keywords=WORDS,
    exclude=WORDS,
    min_people=st.integers(0, 10**9),
    min_status=st.sampled_from([Status.CLAIMED, Status.CONFIRMED]),
    follow_suppliers=st.integers(0, 5),
)


@given(
    st.lists(st.tuples(WORD | ODD, WORD | ODD, WISHES), max_size=4, unique_by=lambda row: row[:2])
)
def test_what_is_written_is_read_back_the_same(rows: list[tuple[str, str, Criteria]]) -> None:
    table = "".join(watchlist.write(rows)).encode()
    found = watchlist.read(table, "x.csv", CONFIG, {owner for owner, _, _ in rows})
    assert [(row.subscriber, row.watch, row.criteria) for row in found] == rows


def test_a_large_table_is_taken_in_one_go(say: Say, tmp_path: Path) -> None:
    path = tmp_path / "large.csv"
    path.write_text(HEAD + "".join(f"ann,v{n},Vendor {n},\n" for n in range(3_000)))
    begun = time.monotonic()
    code, out, err = say("watch", "import", str(path), "--mode", "sync")
    assert (code, err) == (0, ""), "quiet where there is no terminal"
    assert "3,000 to add" in out
    assert time.monotonic() - begun < 30

    async def count() -> int:
        store = await Store.open(f"sqlite:///{tmp_path / 'alertd.db'}", now())
        found = await store.read(lambda rx: sum(1 for _ in rx.watchlist()))
        await store.close()
        return found

    assert asyncio.run(count()) == 3_002
    path.write_text(HEAD + "ann,v1,Vendor 1,\n")
    assert "2,999 to remove" in say("watch", "import", str(path), "--mode", "sync")[1]
