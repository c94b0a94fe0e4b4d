from __future__ import annotations

import pytest

from alertd.core.understand.numbers import best, counts
from alertd.lexicon import load
from tests.core.reading_of import doc

COUNTS = [
    ("en", "It told 1,234,567 customers.", (1_234_567, 1_234_567, "people")),
    ("de", "Betroffen sind 1.234.567 Kunden.", (1_234_567, 1_234_567, "people")),
    ("fr", "1 234 567 clients sont concernés.", (1_234_567, 1_234_567, "people")),
    ("fr", "1\u202f234\u202f567 clients sont concernés.", (1_234_567, 1_234_567, "people")),
    ("fr", "1\u2009234\u2009567 clients sont concernés.", (1_234_567, 1_234_567, "people")),
    ("de", "Es geht um 1'234'567 Kunden.", (1_234_567, 1_234_567, "people")),
    ("de", "12,5 Millionen Datensätze", (12_500_000, 12_500_000, "records")),
    ("de", "Rund 1,2 Mio. Kunden", (1_200_000, 1_200_000, "people")),
    ("en", "3.2M users", (3_200_000, 3_200_000, "people")),
    ("en", "40k accounts", (40_000, 40_000, "accounts")),
    ("fr", "1,5 million d'abonnés", (1_500_000, 1_500_000, "people")),
    ("fr", "quatre millions de clients", (4_000_000, 4_000_000, "people")),
    ("fr", "un million et demi de clients", (1_500_000, 1_500_000, "people")),
    ("nl", "anderhalf miljoen klanten", (1_500_000, 1_500_000, "people")),
    ("en", "half a million patients", (500_000, 500_000, "people")),
    ("en", "two hundred and fifty thousand people", (250_000, 250_000, "people")),
    ("es", "unos 30 mil usuarios", (30_000, 30_000, "people")),
    ("it", "300 mila clienti", (300_000, 300_000, "people")),
    ("en", "several hundred thousand customers", (200_000, 999_999, "people")),
    ("fr", "plusieurs centaines de milliers de clients", (200_000, 999_999, "people")),
    ("en", "tens of thousands of patients", (10_000, 99_999, "people")),
    ("it", "decine di migliaia di utenti", (10_000, 99_999, "people")),
    ("de", "Hunderttausende Kunden", (100_000, 999_999, "people")),
    ("nl", "honderdduizenden klanten", (100_000, 999_999, "people")),
    ("es", "miles de clientes", (1_000, 9_999, "people")),
    ("en", "a number of customers in the low four digits", None),
    ("en", "a low four-digit number of customers", (1_000, 4_999, "people")),
    ("de", "eine niedrige vierstellige Zahl von Kunden", (1_000, 4_999, "people")),
    ("en", "between 5 and 7 million customers", (5_000_000, 7_000_000, "people")),
    ("fr", "de 500 à 1 000 patients", (500, 1_000, "people")),
    ("en", "more than 12,000 people", (12_000, None, "people")),
    ("en", "12,000+ users", (12_000, None, "people")),
    ("fr", "jusqu'à 9 000 adhérents", (None, 9_000, "people")),
    ("en", "fewer than 500 patients", (None, 499, "people")),
    ("en", "501 individuals", (501, None, "people")),
    ("en", "12,000 customers and 300 employees", (12_300, 12_300, "people")),
    ("fr", "41 000 adhérents, dont 300 enfants", (41_000, 41_000, "people")),
    (
        "en",
        "9 million rows, including 2 million email addresses",
        (2_000_000, 2_000_000, "accounts"),
    ),
    ("en", "900k email addresses, with fewer than 20k customers", (900_000, 900_000, "accounts")),
    (
        "en",
        "1.9 million people, not 1.2 million people as first said",
        (1_900_000, 1_900_000, "people"),
    ),
    ("en", "400 people rather than 900 people", (400, 400, "people")),
    ("fr", "3 To de données", (3_000, 3_000, "GB")),
    ("en", "Individuals affected: 12,345", (12_345, 12_345, "people")),
    ("en", "640 customer records", (640, 640, "records")),
]


@pytest.mark.parametrize(("language", "body", "wanted"), COUNTS)
def test_a_count_is_read_as_people_write_it(
    language: str, body: str, wanted: tuple[int | None, int | None, str] | None
) -> None:
    count = best(counts(doc(language, body), load().language(language)))
    assert (count and (count.people.low, count.people.high, count.people.unit)) == wanted


NO_COUNTS = [
    ("en", "In May 2024 customers got letters."),
    ("fr", "Dans la nuit du 25 juillet, un compte a été usurpé."),
    ("en", "The gang wants 5 million dollars from customers."),
    ("fr", "Une rançon de 2 millions d'euros, selon les clients."),
    ("en", "A 12-year-old user found it."),
    ("en", "The company serves 2 million customers."),
    ("en", "A provider with 3 million customers was hit."),
    ("de", "40 % der Kunden sind betroffen."),
    ("en", "One in two customers is affected."),
]


@pytest.mark.parametrize(("language", "body"), NO_COUNTS)
def test_dates_sums_ages_and_sizes_count_nobody(language: str, body: str) -> None:
    assert best(counts(doc(language, body), load().language(language))) is None


def test_a_text_without_a_count_has_none() -> None:
    assert best(()) is None
