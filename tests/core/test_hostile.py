"""Hostile text: judged in bounded time, marked, never folded into a true name."""

from __future__ import annotations

import time
from collections.abc import Mapping

import pytest

from alertd import lexicon
from alertd.core.assess import assess
from alertd.core.model import Mark, Report
from alertd.core.names import fold, plain
from alertd.core.understand import understand
from alertd.core.understand.scripts import look_alikes
from alertd.core.understand.text import TEXT_LIMIT

SIZE = 10 * 1024 * 1024
SECONDS = 2.0
"""Far above what any of these takes, far below what a quadratic step would."""

UNITS = {
    "one letter": "a",
    "one capital": "A",
    "all capitals": "DATA BREACH AT ACME CORP EXPOSED PASSWORDS ",
    "names without end": "Alpha of the Beta and ",
    "initials": "A.",
    "hyphens": "A-",
    "possessives": "A's ",
    "open brackets": " (A",
    "quotation marks": '"A',
    "hosts": "a.b.",
    "links": "https://a.b/ ",
    "digits": "1",
    "grouped digits": "1 234 ",
    "counts": "2.5 million people and ",
    "dates": "On May 3, 2024 and ",
    "denials": "no passwords nor ",
    "suppliers": "its vendor, A ",
    "sentences": "A. ",
    "line breaks": "\n",
    "no characters": "\x00",
    "combining marks": "e\u0301\u0302\u0303",
    "right to left": "اختراق بيانات شركة ",
    "chinese": "数据泄露",
    "emoji": "😀🏳️‍🌈",
    "mixed scripts": "Аlmеrys dаtа brеасh ",
    "lone surrogates": "\ud800",
}


def _judged(**record: str) -> Mapping[str, object]:
    return next(iter(assess([{"id": "hostile", **record}], lexicon.load())))


@pytest.mark.parametrize("name", UNITS)
@pytest.mark.parametrize("place", ["title", "text"])
def test_ten_megabytes_are_judged_in_bounded_time(name: str, place: str) -> None:
    text = UNITS[name] * (SIZE // len(UNITS[name].encode("utf-8", "surrogatepass")))
    record = {"title": "Acme says customer data was stolen", "text": ""} | {place: text}
    began = time.perf_counter()
    told = _judged(**record)
    assert time.perf_counter() - began < SECONDS
    assert told["id"] == "hostile"


@pytest.mark.parametrize("name", UNITS)
def test_a_true_report_behind_hostile_words_is_still_read(name: str) -> None:
    """The hostile part ends before what is read does; the breach is not hidden by it."""
    noise = (UNITS[name] * 200)[:400]
    told = _judged(
        title="Northwind Clinic says patient data was stolen",
        text=f"Northwind Clinic confirmed that hackers stole names and passwords.\n{noise}",
    )
    incidents = told["incidents"]
    assert isinstance(incidents, list)
    assert [item["organisations"] for item in incidents] == [["Northwind Clinic"]]


@pytest.mark.parametrize(
    "name",
    ["Аlmerys", "Almеrуs", "ΑΙmerys", "𝐀𝐥𝐦𝐞𝐫𝐲𝐬", "𝖠𝗅𝗆𝖾𝗋𝗒𝗌", "Ａｌｍｅｒｙｓ", "Ⓐⓛⓜⓔⓡⓨⓢ", "А1mеrуs"],
)
def test_a_look_alike_is_never_folded_into_the_true_name(name: str) -> None:
    assert fold(name) != fold("Almerys")
    assert look_alikes(f"Hackers breached {name} in May.")


@pytest.mark.parametrize("name", ["Almérys", "ALMERYS", "almerys", "Almerys SAS", "Al\u0300merys"])
def test_accents_case_and_legal_form_are_folded(name: str) -> None:
    assert fold(name) == fold("Almerys")


@pytest.mark.parametrize(
    "text",
    [
        "Сбербанк и Яндекс сообщили об утечке данных.",
        "Η Εθνική Τράπεζα ανακοίνωσε διαρροή.",
        "La société Électricité de France, l'Œuvre et Ærø A/S ont été visées.",
        "Wikipédia, İstanbul, Škoda, Łódź, Groß-Gerau and Ørsted were hit.",
        "ТрансTeleCom confirmed a leak.",
        "日本電信電話とSonyは発表した。",
    ],
)
def test_honest_alphabets_are_no_imitation(text: str) -> None:
    assert look_alikes(text) == ()


def test_an_imitation_is_marked_with_its_own_words() -> None:
    reading = understand(
        Report(
            source="press",
            key="1",
            url="",
            title="Аlmerys: personal data of patients stolen",
            text="Аlmerys confirmed that names and passwords of its patients were stolen.",
        ),
        lexicon.load(),
    )
    assert Mark.MIXED_SCRIPTS in reading.marks
    assert all(facts.evidence["mixed_scripts"] == ("Аlmerys",) for facts in reading.incidents)
    assert all(item.key != "almerys" for facts in reading.incidents for item in facts.organisations)


def test_a_text_longer_than_is_read_is_marked() -> None:
    whole = "Acme said hackers stole the passwords of its customers. "
    report = Report(source="press", key="1", url="", title="Acme hacked", text=whole)
    long = Report(source="press", key="1", url="", title="Acme hacked", text=whole * 2_000)
    assert len(long.text) > TEXT_LIMIT
    assert Mark.CUT not in understand(report, lexicon.load()).marks
    assert Mark.CUT in understand(long, lexicon.load()).marks


def test_positions_in_a_folded_text_are_those_of_the_text() -> None:
    text = "ﬁ Straße İ ½ № Ａ 𝐀 \u00a0 é"
    assert len(plain(text)) == len(text)
