"""Who was breached: names in plain titles, within longer runs, and beside others."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

import alertd.lexicon
from alertd.core.assess import assess
from alertd.core.model import Report, Tier
from alertd.core.understand import text, understand
from alertd.core.understand.aliases import is_short_for
from alertd.core.understand.candidates import candidates
from alertd.core.understand.spans import spans, view
from alertd.core.understand.text import Doc
from fit import wording

LEXICON = alertd.lexicon.load()
CASES = tomllib.loads(
    (Path(__file__).parent.parent / "data" / "organisations.toml").read_text("utf-8")
)["case"]


def doc(title: str, body: str) -> Doc:
    return text.read(*text.cut(title, body), LEXICON.language("en"))


def stretches(body: str, title: str = "") -> set[str]:
    read = doc(title, body)
    return {
        read.raw[read.spans[start][0] : read.spans[end - 1][1]]
        for start, end in spans(view(read), LEXICON.words["kind"])
    }


def report(body: str, title: str = "") -> Report:
    return Report(source="a-feed", key="1", url="", title=title, text=body, tier=Tier.PRESS)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_the_breached_organisation_is_named_as_the_case_says(case: Mapping[str, Any]) -> None:
    (answer,) = assess([{"id": "1", "title": case["title"], "text": case["text"]}], LEXICON)
    incidents: Any = answer["incidents"]
    assert [name for one in incidents for name in one["organisations"]] == case["organisations"]


def test_a_host_name_an_apostrophe_and_an_initial_are_never_cut() -> None:
    found = stretches("Sold by northfold-mail.com and Sean O'Dellan of Lowry's at T.G. Marsh.")
    assert {"northfold-mail.com", "Sean O'Dellan", "Lowry's", "Lowry"} <= found
    assert not {"northfold", "mail.com", "Dellan", "O", "com"} & found


def test_a_number_alone_or_cut_from_a_longer_one_begins_no_name() -> None:
    found = stretches("More than 9,300 Norrau Web Services keys and 1.2 million accounts leaked.")
    assert "Norrau Web Services" in found
    assert not {name for name in found if name[0].isdigit() and not name.startswith("9,300")}


def test_a_list_stays_one_name_only_where_it_is_written_as_one() -> None:
    found = stretches(
        "The Ministry of Tides, Dunes and Fisheries wrote to Arden, Bollins & Crewe."
        " Eastlake, Northfold and Gladwyn were not asked."
    )
    assert {"Ministry of Tides, Dunes and Fisheries", "Arden, Bollins & Crewe"} <= found
    assert "Eastlake, Northfold and Gladwyn" not in found


def test_any_few_words_of_a_title_without_capitals_may_be_a_name() -> None:
    found = stretches("Cards were copied.", "eastlake burrito employee stole cards")
    assert {"eastlake burrito", "burrito employee", "eastlake"} <= found


def test_all_capitals_are_read_in_bounded_work() -> None:
    read = doc("", "NORRAU WATER OF THE " * 700)
    assert len(spans(view(read), LEXICON.words["kind"])) < 1_000


def test_where_no_wording_is_known_the_names_alone_compete() -> None:
    read = doc("eastlake burrito employee stole cards", "Cards of Eastlake Burrito were copied.")
    assert all("worded" not in item.features for item in candidates(read, LEXICON))
    assert any("worded" in item.features for item in candidates(read, LEXICON, "en"))


def test_of_the_stretches_that_are_no_names_only_leading_ones_are_kept() -> None:
    read = doc("", "Northfold Regional Water Board said that data of Norrau Bank were stolen.")
    found = candidates(read, LEXICON, "en")
    assert not [item for item in found[3:] if "proposed" in item.features]


def test_initials_in_brackets_and_its_web_site_become_forms_of_a_name() -> None:
    reading = understand(
        report(
            "Norrau Valley Health (NVH) said that a breach exposed names of patients."
            " The notice stands on norrauvalleyhealth.com.",
            "Norrau Valley Health discloses data breach",
        ),
        LEXICON,
    )
    (told,) = reading.incidents
    assert [item.aliases for item in told.organisations] == [("nvh",)]
    assert [item.domains for item in told.organisations] == [("norrauvalleyhealth.com",)]


@pytest.mark.parametrize(
    ("short", "name", "so"),
    [
        ("NVH", "Norrau Valley Health", True),
        ("CHUN", "Centre hospitalier universitaire de Norrau", True),
        ("ICO", "Norrau Valley Health", False),
        ("the", "Tides, Harbours and Ebbs", True),
        ("N", "Norrau Bank", False),
        ("HHSC", "Harbour Hospital", False),
    ],
)
def test_letters_are_short_for_a_name_only_if_they_are_its_initials(
    short: str, name: str, *, so: bool
) -> None:
    assert is_short_for(short, name) is so


def test_the_wording_holds_no_name_that_stands_only_with_a_capital() -> None:
    named = {mark.split(" ", 1)[1] for mark in LEXICON.wordings["en"].marks if mark[:2] in _OWN}
    assert named - {"?", "#"} <= LEXICON.wordings["en"].known


_OWN = ("f ", "l ", "i ")
"""Marks that name a word of the name itself."""


def test_names_do_not_hang_on_the_order_of_the_reports() -> None:
    records = [{"id": case["name"], "title": case["title"], "text": case["text"]} for case in CASES]
    straight = {item["id"]: item["incidents"] for item in assess(records, LEXICON)}
    backwards = assess(records[::-1], LEXICON)
    assert {item["id"]: item["incidents"] for item in backwards} == straight


def test_a_wording_is_learnt_from_what_stands_beside_the_right_names() -> None:
    lessons = [
        _lesson(f"{wrong} said that data of customers at {right} were stolen.", right)
        for wrong, right in [
            ("Arden", "Bollin"), ("Crewe", "Dunmoor"), ("Ebbing", "Farrow"), ("Gladwyn", "Harrock"),
            ("Ilvane", "Jessop"), ("Keswyn", "Lorrin"),
        ]
    ]  # fmt: skip
    learnt = wording.fitted(lessons, frozenset())
    assert learnt.marks["p at"] > 0
    assert learnt.marks["n said"] < 0


def test_a_mark_of_few_reports_gets_no_weight() -> None:
    lessons = [_lesson("Arden said that data at Bollin were stolen.", "Bollin")] * 3
    assert not wording.fitted(lessons, frozenset()).marks


def _lesson(body: str, right: str) -> wording.Lesson:
    read = doc("", body)
    found = spans(view(read), frozenset())
    named = [read.raw[read.spans[start][0] : read.spans[end - 1][1]] for start, end in found]
    return wording.lesson(view(read), found, [one == right for one in named], LEXICON, frozenset())
