"""A fine, a suit or an arrest over an earlier breach finds the incident that it is about."""

from __future__ import annotations

from dataclasses import replace

import pytest

from alertd import lexicon
from alertd.core.aftermath import keys
from alertd.core.decide import decide
from alertd.core.model import Mark, Organisation, Reading
from alertd.core.names import fold
from alertd.core.people import Criteria
from alertd.core.plan import Aftermath, Fresh, Known, Seen
from tests.core.test_decide import NOW, WEEK, days, decided, fresh, known, said


def fine(
    title: str, *named: str, relevant: bool = False, marked: bool = True, text: str = ""
) -> Fresh:
    """A report that breaches nobody and names some."""
    base = fresh(50)
    mentioned = tuple(Organisation(name, fold(name)) for name in named)
    marks = frozenset({Mark.AFTERMATH}) if marked else frozenset()
    reading = Reading(
        relevant=relevant, confidence=0.1, language="en", mentioned=mentioned, marks=marks
    )
    return replace(base, reading=reading, report=replace(base.report, title=title, text=text))


def breach(number: int, name: str, *, ago: float, date: str | None = None) -> Known:
    told = fresh(number, said(name, incident_date=date), published=NOW - days(ago))
    return known(number, told)


@pytest.mark.parametrize(
    ("title", "named", "at_hand", "home"),
    [
        ("CNIL fines Free", ("Free", "CNIL"), {3: ("Free", 300, None)}, 3),
        ("CNIL fines Free", ("Free",), {3: ("Freedom", 300, None)}, None),
        ("CNIL fines Free", ("Free",), {3: ("Free", -2, None)}, None),
        ("Court on Free and Orange", ("Free", "Orange"), {3: ("Free", 9, None)}, 3),
        (
            "Free fined over 2024 leak",
            ("Free",),
            {3: ("Free", 90, "2024-10"), 4: ("Free", 30, "2025-11")},
            3,
        ),
        ("Free fined", ("Free",), {3: ("Free", 90, "2024-10"), 4: ("Free", 30, "2025-11")}, None),
        (
            "Fine for Free, as once for Orange",
            ("Orange", "Free"),
            {3: ("Free", 90, None), 4: ("Orange", 30, None)},
            None,
        ),
        ("A fine", ("Free", "Orange"), {3: ("Orange", 90, None)}, 3),
        ("Free is fined", ("Free", "Orange"), {3: ("Orange", 90, None), 4: ("Free", 80, None)}, 4),
    ],
)
def test_an_aftermath_belongs_to_the_one_incident_of_exactly_that_organisation(
    title: str,
    named: tuple[str, ...],
    at_hand: dict[int, tuple[str, float, str | None]],
    home: int | None,
) -> None:
    rows = {
        id_: breach(id_, name, ago=ago, date=date) for id_, (name, ago, date) in at_hand.items()
    }
    item = fine(title, *named)
    seen = Seen(fresh=[item], known=rows, criteria={1: Criteria()})
    plan = decide(seen, lexicon.weights()["cluster"], lookback=WEEK)
    found = [] if home is None else [Aftermath(report=50, version=1, incident=home)]
    assert list(plan.aftermath) == found
    assert (plan.touched, plan.revised, plan.links) == ((), (), ()), "no alert, no revision"
    assert plan.correlated == ((50, 1),)


@pytest.mark.parametrize(("relevant", "marked"), [(False, False), (True, True)])
def test_what_is_no_aftermath_is_looked_up_by_nothing_and_linked_to_nothing(
    *, relevant: bool, marked: bool
) -> None:
    item = fine("Free fined", "Free", relevant=relevant, marked=marked)
    assert keys(item) == frozenset()
    assert decided(item, known={3: breach(3, "Free", ago=9)}).aftermath == ()


def test_an_aftermath_is_looked_up_by_exactly_its_organisations() -> None:
    assert keys(fine("Fine", "Free Mobile")) == {"sq:freemobile"}
