"""Texts that tell of several incidents are split, and those that only seem to are not."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from alertd.core.assess import assess
from alertd.core.names import fold
from alertd.core.understand.parties import Parties
from alertd.core.understand.sections import Part, only
from alertd.core.understand.text import read as words
from alertd.lexicon import load

ENGLISH = load().language("en")
NOBODY = Parties(organisations=(), via=(), mentioned=(), cites=frozenset(), places=(), evidence={})

CASES = tomllib.loads((Path(__file__).parent.parent / "data" / "roundups.toml").read_text("utf-8"))[
    "case"
]


def read(case: Mapping[str, Any], **stated: object) -> dict[str, Any]:
    record = {"id": 1, "title": case["title"], "text": case["text"].strip(), **stated}
    (answer,) = assess([record], load())
    return answer


def shown(incident: Mapping[str, Any]) -> dict[str, object]:
    people = incident["people"] or {}
    return {
        "organisations": list(map(fold, incident["organisations"])),
        "via": list(map(fold, incident["via"])),
        "data_types": list(incident["data_types"]),
        "people": people.get("low"),
        "status": incident["status"],
    }


def wanted(incident: Mapping[str, Any]) -> dict[str, object]:
    names = [incident["organisation"], *filter(None, [incident.get("also")])]
    return {
        "organisations": list(map(fold, names)),
        "via": [fold(incident["via"])] if "via" in incident else [],
        "data_types": sorted(incident.get("data_types", ())),
        "people": incident.get("people"),
        "status": incident.get("status", "confirmed"),
    }


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_each_incident_of_a_text_has_its_own_facts(case: Mapping[str, Any]) -> None:
    answer = read(case)
    assert answer["lang"] == case["lang"]
    assert list(map(shown, answer["incidents"])) == list(map(wanted, case["incidents"]))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_all_evidence_stands_in_the_text(case: Mapping[str, Any]) -> None:
    whole = f"{case['title']}\n{case['text']}"
    for incident in read(case)["incidents"]:
        for field in ("organisations", "via", "data_types", "people"):
            assert all(words in whole for words in incident["evidence"].get(field, ()))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_a_report_whose_source_names_the_organisation_is_never_split(
    case: Mapping[str, Any],
) -> None:
    answer = read(case, organisation="Somebody Else Ltd")
    assert [item["organisations"] for item in answer["incidents"]] == [["Somebody Else Ltd"]]


def test_every_incident_of_a_round_up_has_its_own_id() -> None:
    ids = [item["incident"] for item in read(CASES[0])["incidents"]]
    assert len(set(ids)) == len(CASES[0]["incidents"])


def test_a_forged_list_of_clients_never_makes_a_flood_of_incidents() -> None:
    names = ", ".join(f"Acme{number}" for number in range(2_000))
    text = f"Ledgerline was hacked and patient names were stolen. Clients including {names}."
    answer = read({"title": "Billing firm Ledgerline hacked", "text": text})
    assert 0 < len(answer["incidents"]) <= 30


def test_the_tags_of_one_part_are_those_within_it() -> None:
    doc = words("Data breach", "Acme lost names in France. Beta lost passwords in Spain.", ENGLISH)
    first, last = doc.sentences[1]
    part = Part(NOBODY, first, last)
    assert {tag.value for tag in only(doc, part).tags if tag.kind == "countries"} == {"FR"}
    assert only(doc, part).values("ES") == ()
    assert only(doc, part).sentences == (doc.sentences[1],)
    assert only(doc, Part(NOBODY, 0, len(doc.stems))) is doc


def test_people_who_are_quoted_are_no_victims() -> None:
    text = (
        "Ellsworth Hospital said a laptop with the names of 158 patients was stolen.\n"
        "Dana Whitlow, a director of the clinic, said the laptop was not encrypted.\n"
        "Mayor Ines Portman said 40 letters with names had been sent."
    )
    answer = read({"title": "Laptop stolen from hospital", "text": text})
    assert [item["organisations"] for item in answer["incidents"]] == [["Ellsworth Hospital"]]


def test_the_same_victim_in_every_paragraph_is_one_incident() -> None:
    text = (
        "Ellsworth Hospital confirmed that names of 158 patients were stolen.\n"
        "Ellsworth detected the breach in May and notified 158 patients.\n"
        "Ellsworth Hospital has told patients that no passwords were stolen."
    )
    answer = read({"title": "Data breach at Ellsworth Hospital", "text": text})
    assert [item["organisations"] for item in answer["incidents"]] == [["Ellsworth Hospital"]]
