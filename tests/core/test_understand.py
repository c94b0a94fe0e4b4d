from __future__ import annotations

import tomllib
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from timeit import default_timer
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alertd.core.model import DataType, Facts, Report, Speaker, Status, Tier
from alertd.core.names import fold
from alertd.core.understand import text, understand
from alertd.lexicon import load

CASES = sorted((Path(__file__).parent.parent / "data" / "understand").glob("*.toml"))
PUBLISHED = datetime(2026, 5, 20, tzinfo=UTC)


def report(fields: Mapping[str, Any]) -> Report:
    stated = {"source": "press", "key": "k", "url": "", "title": "", "text": "", **fields}
    stated["tier"] = Tier(stated.get("tier", "press"))
    stated["data_types"] = frozenset(map(DataType, stated.get("data_types", ())))
    stated["organisations"] = tuple(stated.get("organisations", ()))
    return Report(published=PUBLISHED, **stated)


def shown(facts: Facts, field: str) -> object:
    """A field of the facts in the form in which case files write it."""
    match field:
        case "organisations" | "via":
            return [fold(item.name) for item in getattr(facts, field)]
        case "data_types" | "not_exposed" | "countries" | "cites":
            return sorted(getattr(facts, field))
        case "people":
            people = facts.people
            return people and (people.low, people.high, people.unit)
        case "issuers":
            return {str(code): country for code, country in facts.issuers.items()}
    return getattr(facts, field)


def wanted(field: str, case: Mapping[str, Any]) -> object:
    value = case[field]
    match field:
        case "organisations" | "via":
            return [fold(name) for name in value]
        case "data_types" | "not_exposed" | "countries" | "cites":
            return sorted(value)
        case "people":
            return value.get("low"), value.get("high"), value["unit"]
        case "status":
            return Status(value)
        case "speaker":
            return Speaker(value)
    return value


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_a_report_is_understood_as_its_case_file_says(path: Path) -> None:
    case = tomllib.loads(path.read_text("utf-8"))
    reading = understand(report(case["report"]), load())
    expected = case["expect"]
    assert reading.relevant is expected["relevant"]
    assert reading.language == expected.get("language", reading.language)
    told = expected.get("incidents", [])
    assert len(reading.incidents) == len(told)
    for facts, fields in zip(reading.incidents, told, strict=True):
        got = {field: shown(facts, field) for field in fields}
        assert got == {field: wanted(field, fields) for field in fields}


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_evidence_stands_in_the_report(path: Path) -> None:
    case = tomllib.loads(path.read_text("utf-8"))
    item = report(case["report"])
    words = " ".join((item.title, item.text, *item.organisations))
    for facts in understand(item, load()).incidents:
        for snippets in facts.evidence.values():
            assert all(snippet in words for snippet in snippets)


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_evidence_is_a_whole_sentence_or_clause_that_a_person_can_judge(path: Path) -> None:
    item = report(tomllib.loads(path.read_text("utf-8"))["report"])
    words = f"{item.title}\n{item.text}"
    for facts in understand(item, load()).incidents:
        for snippet in facts.evidence.get("data_types", ()):
            place = words.index(snippet)
            before = words[:place].rstrip(" ")[-1:]
            after = words[place + len(snippet) :][:1]
            assert len(snippet) <= text.CLAUSE_LIMIT
            assert before in {"", "\n", *",;:.!?—–"}
            assert after in {"", "\n", *",;:.!?—–)"}


def test_of_a_long_sentence_the_clause_around_the_words_is_quoted() -> None:
    tail = ", and the enquiry goes on " * 9
    body = f"Kelp Travel confirmed a breach in May{tail}, names and emails were stolen{tail}."
    (facts,) = understand(report({"title": "Kelp Travel breach", "text": body}), load()).incidents
    (snippet,) = facts.evidence["data_types"]
    assert "names and emails were stolen" in snippet
    assert snippet in body
    assert len(snippet) <= text.CLAUSE_LIMIT


def test_what_a_feed_adds_is_no_part_of_the_news() -> None:
    body = (
        "Ann Writer reports: Kelp Travel confirmed a data breach. Names were stolen. "
        "The post Kelp Travel Breach appeared first on Packet Herald."
    )
    (facts,) = understand(report({"title": "Kelp Travel breach", "text": body}), load()).incidents
    assert [item.key for item in facts.organisations] == ["kelp travel"]
    assert {"ann writer", "packet herald"} <= facts.cites


HOSTILE = {
    "one word": "a" * 10_000_000,
    "capitals": "ABC DEF " * 1_200_000,
    "capitals with links": "Bank of the " * 800_000,
    "digits": "1.234.567," * 1_000_000,
    "brackets": "(Abc " * 2_000_000,
    "sentences": "No. " * 2_500_000,
    "types": "no passwords, names and e-mails " * 300_000,
    "quotes": "Reported by Abc Def reports: " * 300_000,
    "one long clause": "names " + "word " * 2_000_000 + "stolen",
    "marks": "\u0301" * 3_000_000,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_huge_and_hostile_texts_are_read_in_bounded_time(name: str) -> None:
    started = default_timer()
    understand(report({"title": HOSTILE[name], "text": HOSTILE[name]}), load())
    assert timedelta(seconds=default_timer() - started) < timedelta(seconds=8)


@settings(max_examples=80, deadline=None)
@given(title=st.text(max_size=200), body=st.text(max_size=600))
def test_any_text_is_judged(title: str, body: str) -> None:
    reading = understand(report({"title": title, "text": body}), load())
    assert 0 <= reading.confidence <= 1


def test_no_more_than_the_stated_limit_is_read() -> None:
    title, body = text.cut("x" * 10_000, "y" * 100_000)
    assert (len(title), len(body)) == (text.TITLE_LIMIT, text.TEXT_LIMIT)


def test_an_irrelevant_report_yields_no_incident_but_its_names() -> None:
    item = report(
        {
            "title": "Regulator fines Harrow Telecom over old data breach",
            "text": "The fine for Harrow Telecom follows a theft in 2021.",
        }
    )
    reading = understand(item, load())
    assert not reading.incidents
    assert "harrow telecom" in {name.key for name in reading.mentioned}
