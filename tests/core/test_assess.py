from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any, cast

import pytest

from alertd.core.assess import assess
from alertd.errors import UsageError
from alertd.lexicon import load

ALMERYS: list[dict[str, Any]] = [
    {
        "id": "fr",
        "source": "press-a",
        "published": "2026-05-12",
        "title": "Almerys confirme le piratage de son portail d'autorisation",
        "text": "Almerys indique que nom, date de naissance et numéro de sécurité sociale ont été"
        " consultés. Aucune donnée bancaire n'est concernée.",
    },
    {
        "id": "en",
        "source": "press-b",
        "published": "2026-05-13T08:00:00Z",
        "title": "French health-payments firm Almérys hacked",
        "text": "Almérys, a French processor of third-party health payments, said its authorisation"
        " portal was hacked and identifiers equivalent to Social Security numbers were exposed.",
    },
    {
        "id": "update",
        "source": "press-a",
        "published": "2026-05-20",
        "title": "ALMERYS SAS : 3,2 millions d'assurés concernés par la fuite",
        "text": "ALMERYS SAS précise que 3,2 millions de personnes sont concernées par l'accès"
        " frauduleux. Les numéros de sécurité sociale ont été consultés.",
    },
    {
        "id": 4,
        "title": "Vendor patches critical flaw",
        "text": "The vulnerability is fixed in a security update.",
    },
]
FIELDS = {
    "incident",
    "organisations",
    "via",
    "data_types",
    "not_exposed",
    "people",
    "status",
    "countries",
    "incident_date",
    "evidence",
}


def judged(*records: object) -> list[dict[str, Any]]:
    return list(assess(cast("Iterable[Mapping[str, object]]", records), load()))


def test_three_sources_two_languages_and_two_spellings_are_one_incident() -> None:
    told = judged(*ALMERYS)
    assert [item["id"] for item in told] == ["fr", "en", "update", 4]
    assert len({found["incident"] for item in told[:3] for found in item["incidents"]}) == 1
    assert all("national-id" in found["data_types"] for item in told for found in item["incidents"])
    assert not told[3]["relevant"]


def test_the_shape_is_the_fixed_one_and_is_json() -> None:
    for item in json.loads(json.dumps(judged(*ALMERYS))):
        assert set(item) == {"id", "relevant", "confidence", "lang", "incidents", "mentioned"}
        assert all(set(found) == FIELDS for found in item["incidents"])


def test_ids_of_incidents_do_not_hang_on_the_order() -> None:
    straight = {str(item["id"]): item for item in judged(*ALMERYS)}
    mixed = ALMERYS[2:] + ALMERYS[1::-1]
    assert {str(item["id"]): item for item in judged(*mixed)} == straight


def test_equal_records_get_equal_answers_but_for_their_ids() -> None:
    first, second = judged(ALMERYS[0], {**ALMERYS[0], "id": "again"})
    assert {**first, "id": 0} == {**second, "id": 0}


@pytest.mark.parametrize(
    ("record", "words"),
    [(["no"], "line 2: not a JSON object"), ({}, "line 2: no id"), ({"id": ""}, "line 2: no id")],
)
def test_a_record_that_cannot_be_named_is_refused_with_its_line(record: object, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        judged(ALMERYS[0], record)


@pytest.mark.parametrize(
    "fields",
    [
        {"title": 3, "text": None, "published": "soon", "affected": "many"},
        {"data_types": "email", "incident_date": "2026-13-40", "lang": 9, "url": {}},
        {"data_types": ["email", "unheard-of", 4], "affected": -2, "organisation": ["x"]},
        {"affected": float("nan"), "published": "9999-12-31T23:59:59-23:59"},
        {"affected": True, "domain": 4, "source": []},
    ],
)
def test_other_bad_fields_are_treated_as_absent(fields: dict[str, object]) -> None:
    (item,) = judged({**ALMERYS[0], **fields})
    assert item["id"] == "fr"


def test_stated_fields_win() -> None:
    (item,) = judged(
        {
            "id": 1,
            "title": "Ferme du Bocage",
            "organisation": "Ferme du Bocage",
            "data_types": ["email"],
            "affected": 12_000,
            "incident_date": "2026-04",
        }
    )
    (found,) = item["incidents"]
    assert (found["organisations"], found["data_types"]) == (["Ferme du Bocage"], ["email"])
    assert (found["people"]["low"], found["incident_date"]) == (12_000, "2026-04")


def test_nothing_in_gives_nothing_out() -> None:
    assert judged() == []
