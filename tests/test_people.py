"""The commands on people: told, paused, back again, exported and erased."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.commands import Say, complaint, sayer, write_config
from tests.scene import person

TEAM = '[[subscriber]]\nname = "{name}"\nemail = "team@example.org"\n'
CHAT = """[channel.chat]
kind = "file"
folder = "chat"
[[subscriber]]
name = "quiet"
routes = [{channel = "chat", to = "room 1"}]
"""


@pytest.fixture
def say(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Say:
    write_config(tmp_path, person("patient"), *(TEAM.format(name=name) for name in ("ann", "ben")))
    return sayer(tmp_path, monkeypatch, capsys)


def states(say: Say) -> dict[str, str]:
    """Everybody's state, and whether it is that of their address."""
    rows = json.loads(say("subscriber", "list", "--json")[1])
    return {row["name"]: row["state"] + (" (address)" * row["by_address"]) for row in rows}


def test_a_pause_is_shown_lasts_over_reconciling_and_needs_no_consent_to_end(say: Say) -> None:
    assert "until `alertd subscriber resume patient`" in say("subscriber", "pause", "patient")[1]
    assert "told nothing already" in say("subscriber", "pause", "patient")[1]
    assert states(say) == {"ann": "told", "ben": "told", "patient": "paused"}
    assert "paused since 20" in say("subscriber", "list")[1]
    assert "state: paused since 20" in say("subscriber", "show", "patient")[1]
    code, said, _ = say("subscriber", "resume", "patient")
    assert (code, said) == (0, "patient is told again of what is new from now on\n")
    assert states(say)["patient"] == "told"
    assert "is told already" in say("subscriber", "resume", "patient")[1]


def test_two_who_share_an_address_share_its_no_and_each_is_shown_so(say: Say) -> None:
    say("subscriber", "pause", "ann")
    assert states(say) == {"ann": "paused", "ben": "paused (address)", "patient": "told"}
    assert "paused since" in say("subscriber", "show", "ben")[1]
    assert "said for their address" in say("subscriber", "show", "ben")[1]
    say("subscriber", "resume", "ben")
    assert states(say) == {"ann": "paused", "ben": "told", "patient": "told"}, "ann's own no stays"


def test_who_has_no_address_can_say_no_and_the_room_is_not_silenced(
    tmp_path: Path, say: Say
) -> None:
    write_config(
        tmp_path,
        person("patient"),
        CHAT,
        CHAT.partition("[[")[2].join(("[[", "")).replace("quiet", "loud"),
    )
    say("subscriber", "pause", "quiet")
    assert states(say) == {"quiet": "paused", "loud": "told", "patient": "told"}


def test_erasing_asks_first_and_leaves_nothing_but_the_no(say: Say, tmp_path: Path) -> None:
    say("subscriber", "add", "gone", "--email", "gone.person@example.org")
    say("watch", "add", "--subscriber", "gone", "--organisation", "Seldomseen Ltd")
    assert "type `alertd subscriber erase gone --yes`" in complaint(
        say("subscriber", "erase", "gone")
    )
    code, said, _ = say("subscriber", "erase", "gone", "--yes")
    assert code == 0
    assert "what remains: a keyed hash" in said
    assert "backups made before now" in said
    assert "write-ahead log" not in said, "nobody else reads the store"
    data = b"".join(path.read_bytes() for path in tmp_path.glob("alertd.db*"))
    for trace in (b"gone.person", b"Seldomseen", b"seldomseen"):
        assert trace not in data
    assert "gone" not in states(say)
    assert "no subscriber 'gone'" in complaint(say("subscriber", "export", "gone"))


def test_who_was_erased_and_is_in_the_file_stays_erased_until_they_consent(say: Say) -> None:
    code, said, _ = say("subscriber", "erase", "patient", "--yes")
    assert code == 0
    assert "take [[subscriber]] patient out of it" in said
    assert states(say)["patient"] == "erased"
    assert "in the file, erased since" in say("subscriber", "list")[1]
    for words in ("pause patient", "erase patient --yes", "export patient"):
        assert "was erased" in complaint(say("subscriber", *words.split()))
    words = "watch add --subscriber patient --organisation A"
    assert "was erased" in complaint(say(*words.split()))
    refused = complaint(say("subscriber", "resume", "patient"))
    assert "add --consent with how and when they said so" in refused
    consent = ("--consent", "asked by telephone")
    assert say("subscriber", "resume", "patient", *consent)[0] == 0
    assert states(say)["patient"] == "told"
    assert "Almerys" in say("watch", "list", "--subscriber", "patient")[1]


def test_an_erased_address_that_is_added_again_waits_for_consent(say: Say) -> None:
    say("subscriber", "add", "gone", "--email", "gone@example.org")
    say("subscriber", "erase", "gone", "--yes")
    code, said, _ = say("subscriber", "add", "new", "--email", "GONE@example.org")
    assert code == 0
    assert "nothing is sent to them before `alertd subscriber resume new --consent TEXT`" in said
    assert states(say)["new"] == "erased (address)"
    say("subscriber", "resume", "new", "--consent", "signed up at the desk")
    assert states(say)["new"] == "told"
    again = say("subscriber", "resume", "gone", "--consent", "wrote a letter")
    assert "may be told again; now `alertd subscriber add gone" in again[1]


def test_an_export_is_all_that_is_held_and_says_no_web_address(say: Say) -> None:
    words = "watch add --subscriber ann --name shops --organisation Corail --min-people 5"
    assert say(*words.split())[0] == 0
    found = json.loads(say("subscriber", "export", "ann")[1])
    assert (found["name"], found["email"], found["state"]) == ("ann", "team@example.org", "told")
    assert found["routes"][0]["address"] == "team@example.org"
    [watch] = found["watches"]
    assert (watch["name"], watch["organisations"]) == ("shops", ["Corail"])
    assert watch["terms"][0]["term"] == "corail"
    assert watch["terms"][0]["since"].startswith("20")
    assert {"told", "messages", "silences", "since", "managed_by"} <= set(found)


def test_who_is_not_known_is_told_in_one_line(say: Say) -> None:
    for words in ("pause", "resume", "erase --yes", "export", "show"):
        name, *rest = words.split()
        said = complaint(say("subscriber", name, "patiant", *rest))
        assert said == "there is no subscriber 'patiant': did you mean 'patient'?"


def test_a_watch_of_the_file_is_removed_there_and_one_of_ours_here(say: Say) -> None:
    assert "take it out there" in complaint(
        say("watch", "remove", "--subscriber", "patient", "--name", "mine")
    )
    say("watch", "add", "--subscriber", "patient", "--keyword", "portal", "--sector", "health")
    watch = next(
        row for row in json.loads(say("watch", "list", "--json")[1]) if row["managed_by"] == "store"
    )
    assert (watch["name"], watch["keywords"], watch["sectors"]) == (
        "health, portal",
        ["portal"],
        ["health"],
    )
    wrong = say("watch", "remove", "--subscriber", "patient", "--name", "health, porta")
    assert "did you mean 'health, portal'?" in complaint(wrong)
    assert say("watch", "remove", "--subscriber", "patient", "--name", "health, portal")[0] == 0
    assert "portal" not in say("watch", "list")[1]


WRONG = {
    "subscriber show patiant": "there is no subscriber 'patiant': did you mean 'patient'?",
    "subscriber add patient --email a@example.org": "there is a subscriber 'patient' already",
    "subscriber add new": "--email: is needed, since messages go by mail",
    "subscriber add new --email nope": "--email: write one e-mail address",
    "subscriber add new --email a@example.org --lang xx": '--lang: no texts in "xx"',
    "subscriber add new --email a@example.org --role boss": '--role: "boss" is not known',
    "watch list --subscriber nobody": "there is no subscriber 'nobody'",
    "watch add --subscriber patient": "give --organisation, --data-type or --country",
    "watch add --subscriber patien --organisation A": "did you mean 'patient'?",
    "watch add --subscriber patient --data-type natonal-id": 'did you mean "national-id"?',
    "watch add --subscriber patient --organisation A --min-status sure": "--min-status",
    "watch add --subscriber patient --country XX": "--country",
}


@pytest.mark.parametrize("words", WRONG)
def test_what_is_wrong_is_told_in_one_line_that_says_what_to_do(words: str, say: Say) -> None:
    assert WRONG[words] in complaint(say(*words.split()))


def test_people_and_watches_are_added_shown_and_kept_beside_the_file(say: Say) -> None:
    words = "subscriber add dee --email dee@example.org --lang en --country US --role privacy"
    assert "now tell what to watch" in say(*words.split())[1]
    words = "watch add --subscriber dee --name ids --data-type national-id --country FR"
    assert say(*words.split())[:2] == (0, "dee now watches ids\n")
    assert "already: give another --name" in complaint(say(*words.split()))
    words = "watch add --subscriber patient --organisation Viamedis"
    assert say(*words.split())[0] == 0
    assert "watch: ids: data types national-id; countries FR" in say("subscriber", "show", "dee")[1]
    found = {row["name"]: row for row in json.loads(say("subscriber", "list", "--json")[1])}
    assert (found["dee"]["managed_by"], found["patient"]["managed_by"]) == ("store", "file")
    assert (found["dee"]["role"], found["dee"]["country"]) == ("privacy", "US")
    assert found["dee"]["routes"][0]["to"] == "dee@example.org"
    listed = json.loads(say("watch", "list", "--json")[1])
    assert {(row["subscriber"], row["name"]) for row in listed} >= {
        ("dee", "ids"),
        ("patient", "mine"),
        ("patient", "Viamedis"),
    }
    assert "Viamedis" not in say("watch", "list", "--subscriber", "dee")[1]


def test_a_person_new_in_the_file_is_shown_and_can_be_given_a_watch_at_once(
    tmp_path: Path, say: Say
) -> None:
    own = tmp_path / "more.toml"
    own.write_text((tmp_path / "alertd.toml").read_text() + person("late", country="DE"))
    wanted = ("--config", str(own))
    assert say(*wanted, "subscriber", "show", "late")[0] == 0
    assert "late" not in say("subscriber", "list")[1], "looking adds nobody"
    added = say(*wanted, "watch", "add", "--subscriber", "late", "--organisation", "Viamedis")
    assert added[0] == 0
    assert "Viamedis" in say(*wanted, "watch", "list", "--subscriber", "late")[1]


def test_a_name_of_two_lines_or_of_another_case_is_refused(say: Say) -> None:
    words = ("watch", "add", "--subscriber", "ann", "--organisation", "A", "--name", "a\nb")
    assert "--name: write one line" in complaint(say(*words))
    assert "already" in complaint(say("subscriber", "add", "ANN", "--email", "x@example.org"))
