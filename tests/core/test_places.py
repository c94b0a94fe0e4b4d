from __future__ import annotations

from dataclasses import replace

import pytest

from alertd.core.model import Report
from alertd.core.understand.places import countries
from alertd.lexicon import load
from tests.core.reading_of import doc

REPORT = Report(source="press", key="k", url="", title="", text="")

CASES = [
    ("en", "A retailer in France was hacked.", {"FR"}),
    ("en", "The Lyon hospital lost records.", {"FR"}),
    ("en", "A German bank told customers.", {"DE"}),
    ("en", "Patients in Utah were told.", {"US"}),
    ("en", "Russian hackers breached a Dutch clinic.", {"NL"}),
    ("en", "Names and Social Security numbers were stolen.", {"US"}),
    ("en", "National Insurance numbers were stolen.", {"GB"}),
    ("en", "The shop acme.it lost addresses.", {"IT"}),
    ("en", "Names were stolen.", set()),
    ("fr", "Une entreprise belge a été piratée.", {"BE"}),
    ("fr", "Le site, en allemand, a été piraté.", {"FR"}),
    ("fr", "Des noms ont été volés.", {"FR"}),
    ("de", "Eine Klinik in Wien wurde angegriffen.", {"AT"}),
    ("es", "Una empresa argentina sufrió un ataque.", {"AR"}),
    ("it", "Un comune della Lombardia è stato colpito.", {"IT"}),
    ("nl", "Een ziekenhuis in Antwerpen is gehackt.", {"BE"}),
]


@pytest.mark.parametrize(("language", "body", "wanted"), CASES)
def test_the_country_is_read_from_names_towns_numbers_and_domains(
    language: str, body: str, wanted: set[str]
) -> None:
    found, snippet = countries(doc(language, body), REPORT, language, load())
    assert found == wanted
    assert snippet in body


def test_what_the_source_states_wins() -> None:
    stated = replace(REPORT, country="be")
    assert countries(doc("en", "A French shop."), stated, "en", load())[0] == {"BE"}


def test_the_country_of_a_publisher_is_the_last_resort() -> None:
    listed = replace(REPORT, source="sec-8k")
    assert countries(doc("en", "Names were stolen."), listed, "en", load())[0] == {"US"}
