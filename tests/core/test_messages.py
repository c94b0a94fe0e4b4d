"""The golden messages, and the rules that hold for every message."""

from __future__ import annotations

import json
import re

import pytest

from alertd.core.markup import to_html, to_text
from alertd.core.message import Heading, Message, Steps, Table
from alertd.core.people import Role
from alertd.texts import load
from tests.core import reading
from tests.core.cases import (
    FOLDER,
    GOLDEN,
    golden,
    message,
)

BLAME_AND_HYPE = re.compile(
    r"should have|careless|negligent|imprudent|auriez dû|négligence|urgent|immediately|act now|"
    r"dernière chance|no evidence of|aucune preuve d'|!",
    re.IGNORECASE,
)


PHONE = re.compile(
    r"(?<![\w/.-])(?:1-)?\d{2,4}(?:[ -]\d{2,4}){2,}(?![\w-])|(?<!\d)(?:3646|33700)\b"
)


REVIEWED = ("Relevant", "Findable", "Understandable", "Usable", "Extra")


every_case = pytest.mark.parametrize("case", sorted(GOLDEN))


def source_title(found: Message) -> str:
    return load().language(found.language).say("section", "source")


def advice_text(found: Message) -> list[str]:
    return reading.paragraphs(reading.before_source(found, source_title(found)))


@every_case
def test_the_message_is_the_golden_one(case: str) -> None:
    assert golden(message(case)) == (FOLDER / f"{case}.txt").read_text(encoding="utf-8")


@every_case
def test_the_review_beside_it_answers_each_question_with_a_line_of_the_message(case: str) -> None:
    review = (FOLDER / f"{case}.review.md").read_text(encoding="utf-8")
    whole = " ".join((FOLDER / f"{case}.txt").read_text(encoding="utf-8").split())
    assert [word for word in REVIEWED if f"**{word}" not in review] == []
    quotes = re.findall(r"`([^`]+)`", review)
    assert len(quotes) >= len(REVIEWED)
    assert [quote for quote in quotes if " ".join(quote.split()) not in whole] == []


def test_every_golden_file_has_its_case() -> None:
    assert {path.stem for path in FOLDER.glob("*.txt")} == set(GOLDEN)


@every_case
def test_acts_are_at_most_five_and_twenty_words_each(case: str) -> None:
    steps = [block for block in message(case).blocks if isinstance(block, Steps)]
    acts = [act for block in steps for act, _ in block.items]
    assert len(acts) <= 5
    assert [act for act in acts if len(act.split()) > 20] == []


@every_case
def test_the_text_is_short_enough_without_source_footer_and_names(case: str) -> None:
    found = message(case)
    above = reading.before_source(found, source_title(found))
    heads = [block.text for block in above if isinstance(block, Heading)]
    cells = [
        cell for block in above if isinstance(block, Table) for row in block.rows for cell in row
    ]
    spoken = [*advice_text(found), *heads, *cells]
    count = sum(len(reading.words(reading.plain(text))) for text in spoken)
    personal = GOLDEN[case].reader.role is Role.INDIVIDUAL
    limit = {"en": 350, "fr": 420}[found.language] if personal else 700
    assert count <= limit


@every_case
def test_the_first_act_stands_within_the_first_120_words(case: str) -> None:
    body = to_text(message(case))
    if "\n1. " in body:
        assert len(reading.words(body.split("\n1. ")[0])) < 120


@every_case
def test_the_text_reads_easily(case: str) -> None:
    found = message(case)
    texts = advice_text(found)
    said = [sentence for text in texts for sentence in reading.sentences(reading.plain(text))]
    lengths = [len(reading.words(sentence)) for sentence in said]
    assert max(lengths) <= 25
    assert sum(lengths) / len(lengths) <= 15
    assert found.language != "en" or reading.grade(texts) <= 8


@every_case
def test_no_blame_no_hype_no_exclamation(case: str) -> None:
    found = message(case)
    assert BLAME_AND_HYPE.findall(f"{golden(found)}{found.short}") == []


@every_case
def test_only_our_own_page_is_an_address_with_a_scheme(case: str) -> None:
    found = message(case)
    own = {GOLDEN[case].page, GOLDEN[case].unsubscribe} - {""}
    assert set(re.findall(r"https?://[^\s;<>\"]+", to_text(found) + found.short)) <= own
    assert set(re.findall(r'href="([^"]+)"', to_html(found))) <= own


@every_case
def test_every_phone_number_stands_in_the_contact_table(case: str) -> None:
    known = {
        body.phone
        for pack in load().packs.values()
        for body in pack.bodies
        if body.phone_status.printable
    }
    found = set(PHONE.findall(to_text(message(case)).split("\n-- \n")[0]))
    assert found <= known


@every_case
def test_french_says_vous_and_nothing_american(case: str) -> None:
    found = message(case)
    if found.language == "fr":
        body = f"{golden(found)}{found.short}".lower()
        assert re.findall(r"\b(?:tu|ton|ta|tes|toi)\b", body) == []
        assert re.findall(r"freeze|bureau|\beob\b|ip pin|33 million|bloctel", body) == []


@every_case
def test_the_subject_is_one_short_line_and_the_chat_form_fits(case: str) -> None:
    found = message(case)
    assert len(found.subject) <= 150
    assert "=?" not in found.subject
    assert not re.search(r"[\u202f\u00a0\r\n]", found.subject)
    assert 0 < len(found.short) <= 600


@every_case
def test_the_data_is_json_and_never_names_the_reader(case: str) -> None:
    told = json.dumps(message(case).data)
    assert GOLDEN[case].contact not in told
    assert "unsubscribe" not in told
    assert f'"{GOLDEN[case].reader.name}"' not in told


def test_the_data_tells_machines_what_the_mail_tells_people() -> None:
    data = message("almerys-us.en").data
    assert data["type"] == "org.alertd.breach.created"
    assert data["corroboration"] == "C1"
    assert data["data_types"] == ["date-of-birth", "health-insurance", "name", "national-id"]
    assert data["not_exposed"] == ["bank-account"]
    assert data["issuers"] == {"health-insurance": "FR", "national-id": "FR"}
    acts = data["acts"]
    assert isinstance(acts, list)
    assert [act["id"] for act in acts] == ["AC-CB", "AC-TYPE"]
