from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from timeit import default_timer
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alertd.core.model import DataType
from alertd.core.names import listed
from alertd.core.understand import places, text, types
from alertd.lexicon import load

FOLDER = Path(__file__).parent.parent / "data" / "types"
LANGUAGES = ("de", "en", "es", "fr", "it", "nl")
HOSTILE = {
    "one word repeated": "passwords " * 1_000_000,
    "no spaces": "passwordsandnames" * 600_000,
    "all capitals": "NO PASSWORDS, NAMES AND E-MAILS WERE EXPOSED " * 220_000,
    "one sentence of negations": "no passwords, not names, " * 400_000,
    "open brackets": "(names [passwords " * 550_000,
    "dashes": "names — passwords – not " * 400_000,
    "exceptions": "except names other than passwords " * 300_000,
    "weak words": "age pin sex city " * 600_000,
}


def cases() -> Iterator[tuple[str, Mapping[str, Any]]]:
    for language in LANGUAGES:
        table = tomllib.loads((FOLDER / f"{language}.toml").read_text("utf-8"))
        for case in table["case"]:
            yield language, case


def judged(language: str, sentence: str, title: str = "") -> tuple[set[str], set[str]]:
    """The codes that a text shows, and those that it denies."""
    doc = text.read(title, sentence, load().language(language))
    found = types.hits(doc)
    exposed = {str(code) for code in types.exposed(found, doc)}
    return exposed, {str(code) for code in types.denied(found)} - exposed


@pytest.mark.parametrize(("language", "case"), tuple(cases()), ids=lambda part: str(part)[:60])
def test_a_sentence_names_what_was_exposed_and_what_was_not(
    language: str, case: Mapping[str, Any]
) -> None:
    exposed, denied = judged(language, case["says"])
    assert exposed == set(case.get("exposed", ()))
    assert denied == set(case.get("denied", ()))


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_language_has_words_for_each_kind_of_data(language: str) -> None:
    named = {
        code
        for seconds in load().language(language).phrases.values()
        for entries in seconds.values()
        for entry in entries
        if entry.kind == "types"
        for code in entry.value.split("+")
    }
    assert {str(code) for code in DataType} <= named


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_language_has_sentences_of_every_sort(language: str) -> None:
    told = [case for code, case in cases() if code == language]
    shown = [case for case in told if case.get("exposed")]
    spared = [case for case in told if case.get("denied")]
    assert len(told) >= 15
    assert [case for case in shown if case in spared]
    assert [case for case in shown if case not in spared]
    assert [case for case in spared if case not in shown]
    assert [case for case in told if case not in shown and case not in spared]


def test_a_kind_named_in_the_title_counts_where_the_text_names_none() -> None:
    assert judged("en", "The company has told the regulator.", "Names leaked")[0] == {"name"}
    assert judged("en", "E-mail addresses were taken.", "Names leaked")[0] == {"email"}


def test_contact_details_mean_what_the_text_does_not_list_or_deny() -> None:
    listed = "Contact details were exposed. The file held phone numbers."
    assert judged("en", listed)[0] == {"phone"}
    spared = "Contact details were exposed. Phone numbers were not exposed."
    assert judged("en", spared) == ({"email", "postal-address"}, {"phone"})


def test_a_health_record_is_health_data_unless_its_contents_are_listed() -> None:
    assert judged("en", "Protected health information was accessed.")[0] == {"health"}
    contents = "Protected health information was accessed. It included names and Medicare numbers."
    assert judged("en", contents)[0] == {"name", "health-insurance"}


@pytest.mark.parametrize(
    ("language", "words", "concerned", "issuer"),
    [
        ("en", "Social Security numbers were stolen.", {"US"}, "US"),
        ("en", "Social Security numbers were stolen.", set(), "US"),
        ("en", "Social Security numbers were stolen.", {"FR"}, "FR"),
        ("en", "Social Security numbers were stolen.", {"US", "FR"}, "FR"),
        ("en", "National insurance numbers were stolen.", {"IE"}, "GB"),
        ("en", "National IDs were stolen.", {"SE"}, "SE"),
        ("en", "National IDs were stolen.", {"SE", "NO"}, None),
        ("en", "National IDs were stolen.", set(), None),
        ("fr", "Des numéros de sécurité sociale ont été volés.", {"FR"}, "FR"),
        ("fr", "Des numéros de sécurité sociale ont été volés.", {"FR", "BE"}, "FR"),
        ("fr", "Des numéros de sécurité sociale ont été volés.", {"BE"}, "BE"),
        ("fr", "Des numéros d'assurance sociale ont été volés.", set(), "CA"),
        ("es", "Se robó el DNI de los socios.", {"ES"}, "ES"),
        ("es", "Se robó el DNI de los socios.", {"AR"}, "AR"),
        ("es", "Se robó la CURP de los socios.", set(), "MX"),
        ("de", "AHV-Nummern wurden gestohlen.", {"DE"}, "CH"),
        ("de", "Sozialversicherungsnummern wurden gestohlen.", {"AT"}, "AT"),
        ("nl", "Burgerservicenummers zijn gestolen.", {"BE"}, "NL"),
        ("nl", "Rijksregisternummers zijn gestolen.", {"NL"}, "BE"),
    ],
)
def test_the_country_that_issued_a_national_number_is_told(
    language: str, words: str, concerned: set[str], issuer: str | None
) -> None:
    doc = text.read("", words, load().language(language))
    exposed = types.exposed(types.hits(doc), doc)
    found = places.issuers(doc, exposed.keys(), exposed, concerned)
    assert found == ({DataType.NATIONAL_ID: issuer} if issuer else {})


def test_an_italian_tax_code_is_italian_wherever_it_leaked() -> None:
    doc = text.read("", "Rubati i codici fiscali.", load().language("it"))
    exposed = types.exposed(types.hits(doc), doc)
    assert places.issuers(doc, exposed.keys(), exposed, {"CH"}) == {DataType.TAX_ID: "IT"}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_text_is_read_in_bounded_time(name: str) -> None:
    title, body = text.cut(HOSTILE[name], HOSTILE[name])
    doc = text.read(title, body, load().language("en"))
    started = default_timer()
    types.hits(doc)
    assert timedelta(seconds=default_timer() - started) < timedelta(seconds=2)


WORDS = st.lists(
    st.sampled_from(
        sorted(
            listed(
                "names passwords phone age no not nor except only but ( ) ; : , — . were exposed"
                " stored misused unaffected change used stolen contact details"
            )
        )
    ),
    max_size=40,
).map(" ".join)


@settings(max_examples=150, deadline=None)
@given(sentence=WORDS)
def test_any_order_of_words_is_judged_and_nothing_is_both(sentence: str) -> None:
    doc = text.read("", sentence, load().language("en"))
    found = types.hits(doc)
    tags = [hit.tag for hit in found]
    assert len(tags) == len(set(tags))
    assert all(hit.tag.kind in {"types", "weak"} for hit in found)
