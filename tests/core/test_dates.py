from __future__ import annotations

from datetime import UTC, datetime

import pytest

from alertd.core.understand.dates import incident_date, stated
from alertd.lexicon import load
from tests.core.reading_of import doc

PUBLISHED = datetime(2026, 5, 20, tzinfo=UTC)  # a Wednesday

DATES = [
    ("en", "Intruders copied files on 3 March 2026.", "2026-03-03"),
    ("en", "The breach occurred between 12 and 18 March.", "2026-03-12"),
    ("fr", "L'intrusion est survenue dans la nuit du 6 au 7 septembre.", "2025-09-06"),
    ("fr", "Le piratage a eu lieu le 3 mai dernier.", "2026-05-03"),
    ("de", "Der Angriff wurde am 30. März 2026 bemerkt.", "2026-03-30"),
    ("es", "El ataque ocurrió el 4 de abril de 2026.", "2026-04-04"),
    ("it", "L'attacco è avvenuto il 6 maggio 2026.", "2026-05-06"),
    ("nl", "De aanval vond plaats op 2 april 2026.", "2026-04-02"),
    ("en", "Files were stolen on 02/04/2026.", "2026-02-04"),
    ("fr", "Des fichiers ont été volés le 02/04/2026.", "2026-04-02"),
    ("de", "Am 02.04.2026 wurden Daten kopiert.", "2026-04-02"),
    ("en", "The attack took place on 2026-02-04.", "2026-02-04"),
    ("en", "In August 2025 the forum was hacked.", "2025-08"),
    ("de", "Anfang Mai wurden Daten gestohlen.", "2026-05"),
    ("en", "In 2015 the forum was hacked.", "2015"),
    ("en", "The laptop was stolen last Tuesday.", "2026-05-19"),
    ("fr", "Le vol a été constaté mardi.", "2026-05-19"),
    ("en", "The intrusion was noticed yesterday.", "2026-05-19"),
    ("en", "The server was hacked last month.", "2026-04"),
    ("en", "Attackers got in on 3 March. It was discovered on 9 April.", "2026-03-03"),
    ("en", "It was discovered on 9 April that attackers got in.", "2026-04-09"),
    ("en", "The company notified customers on 9 April.", None),
    ("fr", "Publié le 11/06/2025. Groupe : Vortex.", None),
    ("en", "Intruders may have copied files.", None),
    ("en", "Patients were told on Friday.", None),
]


@pytest.mark.parametrize(("language", "body", "wanted"), DATES)
def test_a_date_counts_where_the_text_ties_it_to_the_event(
    language: str, body: str, wanted: str | None
) -> None:
    found = incident_date(doc(language, body), load().language(language), PUBLISHED)
    assert (found and found[0]) == wanted


def test_a_day_without_a_year_needs_the_day_of_publication() -> None:
    body = doc("en", "The attack took place on 3 March.")
    assert incident_date(body, load().language("en"), None) is None


def test_the_date_of_a_title_is_not_the_events() -> None:
    body = doc("en", "An attack hit the firm.", title="Attack news, 3 March 2026")
    assert incident_date(body, load().language("en"), PUBLISHED) is None


@pytest.mark.parametrize(
    ("value", "wanted"),
    [("2020-04", "2020-04"), ("2020", "2020"), ("2020-04-01T10:00", "2020-04-01")],
)
def test_what_a_source_states_keeps_its_precision(value: str, wanted: str) -> None:
    assert stated(value) == wanted


@pytest.mark.parametrize("value", [None, "", "soon", "2020-13", "2020-02-31"])
def test_what_is_no_date_is_none(value: str | None) -> None:
    assert stated(value) is None
