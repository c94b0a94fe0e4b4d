"""Through whom: the suppliers that texts name, in six languages and in registers."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alertd.core.assess import assess
from alertd.core.names import fold
from alertd.core.understand.associates import associates
from alertd.core.understand.suppliers import is_part
from alertd.lexicon import load

CASES = tomllib.loads((Path(__file__).parent.parent / "data" / "suppliers.toml").read_text("utf-8"))


def cases() -> Iterator[object]:
    for language, table in CASES.items():
        for number, case in enumerate(table["cases"]):
            yield pytest.param(
                language, case["title"], case["text"], case["via"], id=f"{language}-{number}"
            )


def read(title: str, text: str) -> dict[str, object]:
    record = {"id": "one", "title": title, "text": text, "published": "2026-05-20T00:00:00Z"}
    (answer,) = assess([record], load())
    return answer


def incidents(answer: dict[str, object]) -> list[dict[str, list[str]]]:
    found = answer["incidents"]
    assert isinstance(found, list)
    return found


@pytest.mark.parametrize(("language", "title", "text", "via"), list(cases()))
def test_the_supplier_is_read_and_helpers_are_not(
    language: str, title: str, text: str, via: str
) -> None:
    answer = read(title, text)
    named = [fold(name) for incident in incidents(answer) for name in incident["via"]]
    assert answer["lang"] == language
    assert named == ([fold(via)] if via else [])


@pytest.mark.parametrize("language", ["en", "fr", "de", "es", "it", "nl"])
def test_each_language_has_eight_suppliers_and_two_helpers(language: str) -> None:
    named = [bool(case["via"]) for case in CASES[language]["cases"]]
    assert named.count(True) >= 8
    assert named.count(False) >= 2


@pytest.mark.parametrize(
    ("text", "names"),
    [
        (
            (
                "Quarry Clinic, the covered entity (CE), reported that its business associate (BA),"
                " Foldline Mailing, Inc., sent letters to the wrong patients."
            ),
            ["Foldline Mailing, Inc."],
        ),
        (
            (
                "Orchard Billing, LLC, a business associate (BA) of the covered entity (CE), Quarry"
                " Clinic, lost a laptop."
            ),
            ["Orchard Billing, LLC"],
        ),
        (
            (
                "The covered entity (CE), Quarry Clinic, learned from Vaultkeep, its business"
                " associate (BA), that boxes were missing."
            ),
            ["Vaultkeep"],
        ),
        (
            "The covered entity (CE) hired its BA, Harding, Lowell, Pruitt & Stowe, to collect.",
            ["Harding, Lowell, Pruitt & Stowe"],
        ),
        (
            "The BA, County Records Division, shredded the files. The CE notified HHS.",
            ["County Records Division"],
        ),
        ("The covered entity (CE) revised its business associate agreements.", []),
        ("The CE's business associate (BA) was hacked. The BA notified HHS.", []),
        ("Residents of Bay View were told by the business that an associate left.", []),
    ],
)
def test_the_business_associate_of_a_health_notice_is_read(text: str, names: list[str]) -> None:
    assert associates(text) == names


@given(st.text(alphabet="AB.,& -()'\n", max_size=400))
@settings(max_examples=60, deadline=None)
def test_no_run_of_capitals_and_dots_stops_the_reading(noise: str) -> None:
    text = f"its business associate (BA), {noise * 20}"
    assert all(name in text for name in associates(text))


def test_an_organisation_that_is_itself_the_associate_has_no_supplier() -> None:
    record = {
        "id": 1,
        "source": "hhs-ocr",
        "title": "Orchard Billing, LLC",
        "organisation": "Orchard Billing, LLC",
        "text": "Orchard Billing, LLC, a business associate (BA) of Quarry Clinic, reported that"
        " an employee's laptop with names and diagnoses was stolen.",
    }
    (answer,) = assess([record], load())
    assert [item["via"] for item in incidents(answer)] == [[]]


def test_a_health_notice_has_no_supplier_that_only_brought_the_letters() -> None:
    text = (
        "The covered entity (CE), Quarry Clinic, lost a laptop with names and diagnoses. It sent"
        " the notices via U.S. Mail and hired a new IT vendor, Brightwire."
    )
    assert [item["via"] for item in incidents(read("Quarry Clinic", text))] == [[]]


def test_the_evidence_for_a_supplier_stands_in_the_report() -> None:
    case = CASES["en"]["cases"][0]
    (incident,) = incidents(read(case["title"], case["text"]))
    evidence = incident["evidence"]
    assert isinstance(evidence, dict)
    assert all(words in case["text"] for words in evidence["via"])


@pytest.mark.parametrize(
    ("name", "others", "part"),
    [
        ("Marlow", ["Marlow Print Services"], True),
        ("Marlow Print Services Ltd", ["Marlow"], True),
        ("Southmere Health Solutions", ["Southmire Health Solutions"], True),
        ("Marlow Print", ["Marlow Press"], False),
        ("Northgate Bank Trust", ["Southgate Bank Trust"], False),
        ("Aster", ["Easter"], False),
    ],
)
def test_a_supplier_is_never_the_victim_under_a_shorter_or_misspelt_name(
    name: str, others: list[str], *, part: bool
) -> None:
    assert is_part(name, others) is part


def test_the_order_of_reports_does_not_change_their_suppliers() -> None:
    records = [
        {"id": number, "title": case["title"], "text": case["text"]}
        for number, case in enumerate(CASES["en"]["cases"])
    ]

    def read_all(rows: list[dict[str, object]]) -> dict[object, list[list[str]]]:
        return {
            answer["id"]: [item["via"] for item in incidents(answer)]
            for answer in assess(rows, load())
        }

    assert read_all(records) == read_all(records[::-1])
