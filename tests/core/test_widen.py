"""Watches widened by what the operator knows of organisations."""

from __future__ import annotations

import pytest

from alertd.core.model import DataType
from alertd.core.people import Criteria, Reader, Subscriber, Watch
from alertd.core.widen import Registry

REGISTRY = Registry(
    names={"almerys": ("Be-Almerys", "almerys.com"), "viamedis": ("Viamedis Tiers Payant",)},
    tags={"tier-1": ("Almerys", "Viamedis"), "empty": ()},
)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ((), ()),
        (("Nobody",), ("Nobody",)),
        (("ALMERYS SAS",), ("ALMERYS SAS", "Be-Almerys", "almerys.com")),
        (("Almerys", "almerys.com"), ("Almerys", "almerys.com", "Be-Almerys")),
        (
            ("tag:tier-1",),
            ("Almerys", "Viamedis", "Be-Almerys", "almerys.com", "Viamedis Tiers Payant"),
        ),
        (
            ("tag: Tier-1 ", "Nobody"),
            ("Almerys", "Viamedis", "Nobody", "Be-Almerys", "almerys.com", "Viamedis Tiers Payant"),
        ),
        (("tag:empty", "Nobody"), ("Nobody",)),
        (("Be-Almerys",), ("Be-Almerys",)),
    ],
)
def test_names_are_widened_by_what_is_known_of_them(
    written: tuple[str, ...], meant: tuple[str, ...]
) -> None:
    assert REGISTRY.widen(Criteria(organisations=written)).organisations == meant


def test_the_other_fields_of_a_watch_stay_as_they_are() -> None:
    written = Criteria(data_types=frozenset({DataType.NAME}), exclude=("Almerys",), min_people=5)
    assert REGISTRY.widen(written) == written


def test_every_watch_of_a_subscriber_is_widened() -> None:
    reader = Reader(name="ada")
    written = Subscriber(
        reader=reader,
        email="ada@example.org",
        watches=(
            Watch(name="one", criteria=Criteria(organisations=("Viamedis",))),
            Watch(name="two", criteria=Criteria(organisations=("Nobody",))),
        ),
    )
    widened = REGISTRY.widen_all(written)
    assert [item.criteria.organisations for item in widened.watches] == [
        ("Viamedis", "Viamedis Tiers Payant"),
        ("Nobody",),
    ]
    assert (widened.reader, widened.email) == (reader, "ada@example.org")


def test_an_empty_registry_changes_nothing() -> None:
    written = Criteria(organisations=("Almerys",))
    assert Registry().widen(written) == written
