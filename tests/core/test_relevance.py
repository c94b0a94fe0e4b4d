from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

import pytest

from alertd.core.model import Mark, Report
from alertd.core.understand import understand
from alertd.lexicon import load

FOLDER = Path(__file__).parent.parent / "data" / "relevance"
TEXTS = [
    json.loads(line)
    for name in ("negatives", "positives")
    for line in (FOLDER / f"{name}.jsonl").read_text("utf-8").splitlines()
]


def reading(gold: Mapping[str, str]) -> bool:
    item = Report(source="press", key=gold["id"], url="", title=gold["title"], text=gold["text"])
    return understand(item, load()).relevant


def test_nearly_all_of_our_own_texts_are_judged_as_meant() -> None:
    told = Counter((bool(gold["relevant"]), reading(gold)) for gold in TEXTS)
    right = told[True, True]
    assert 2 * right / (2 * right + told[True, False] + told[False, True]) >= 0.9
    assert told[False, True] <= 5


def test_the_texts_are_of_six_languages() -> None:
    assert {gold["lang"] for gold in TEXTS} == {"en", "fr", "de", "es", "it", "nl"}


AFTERMATH = [
    ("Regulator fines Harrow Telecom 2 million over 2021 data breach", "The operator will appeal."),
    ("Airline settles class action over 2019 hack", "A judge approved the settlement."),
    ("La CNIL inflige une amende à ClairOptique", "La sanction porte sur une fuite de 2021."),
    ("Bußgeld für Klinik wegen alter Datenpanne", "Der Vorfall stammt aus dem Jahr 2021."),
]


@pytest.mark.parametrize(("title", "body"), AFTERMATH)
def test_what_follows_an_old_breach_in_court_is_marked_and_no_alert(title: str, body: str) -> None:
    found = understand(Report(source="s", key="k", url="", title=title, text=body), load())
    assert not found.relevant
    assert Mark.AFTERMATH in found.marks


def test_the_organisation_concerned_is_mentioned_first() -> None:
    item = Report(
        source="s",
        key="k",
        url="",
        title="Regulator fines Harrow Telecom over old data breach",
        text="The fine for Harrow Telecom follows a theft in 2021.",
    )
    assert understand(item, load()).mentioned[0].key == "harrow telecom"


def test_a_flaw_without_a_victim_is_no_aftermath() -> None:
    item = Report(
        source="s",
        key="k",
        url="",
        title="Vendor patches critical vulnerability in mail server",
        text="No victim is known.",
    )
    found = understand(item, load())
    assert (found.relevant, found.marks) == (False, frozenset())


def test_a_prosecution_that_first_tells_of_data_taken_is_an_alert() -> None:
    item = Report(
        source="s",
        key="k",
        url="",
        title="Former clerk charged with selling patient data",
        text="A clerk at Oakridge Hospital sold names and Social Security numbers of 640 patients.",
    )
    assert understand(item, load()).relevant
