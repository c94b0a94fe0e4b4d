"""What a silence covers, and what is told at its end."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from alertd.core.model import Incident, Organisation
from alertd.core.names import fold
from alertd.core.people import Matched, Reason
from alertd.core.silences import Held, Scope, Silence, covering, end_of

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)


def silence(scope: Scope, target: str, number: int = 1) -> Silence:
    until = NOON + timedelta(days=1)
    return Silence(id=number, scope=scope, target=target, shown=target, since=NOON, until=until)


def incident(*names: str) -> Incident:
    found = tuple(Organisation(name, fold(name)) for name in names)
    return Incident(
        id=1, revision=1, ref="abc", organisations=found, published=NOON, first_seen=NOON
    )


def matched(watch: str, organisation: str | None = None) -> Matched:
    return Matched(watch=watch, reason=Reason(criteria=(), organisation=organisation))


ON_INCIDENT = silence(Scope.INCIDENT, "abc")
ON_ALMERYS = silence(Scope.ORGANISATION, "almerys", 2)
ON_VIAMEDIS = silence(Scope.ORGANISATION, "viamedis", 3)
ON_WATCH = silence(Scope.WATCH, "mine", 4)
OF_ALMERYS, OF_VIAMEDIS = matched("mine", "ALMERYS SAS"), matched("other", "Viamedis")
OF_DATA = matched("data")


@pytest.mark.parametrize(
    ("silences", "names", "matches", "by"),
    [
        ([ON_INCIDENT], ["Almerys"], [OF_ALMERYS], 1),
        ([ON_INCIDENT], ["Almerys"], [], 1),
        ([silence(Scope.INCIDENT, "xyz")], ["Almerys"], [OF_ALMERYS], None),
        ([ON_ALMERYS], ["Almerys"], [OF_ALMERYS], 2),
        ([ON_ALMERYS], ["Almerys", "Viamedis"], [OF_ALMERYS], 2),
        ([ON_ALMERYS], ["Almerys", "Viamedis"], [OF_ALMERYS, OF_VIAMEDIS], None),
        ([ON_ALMERYS, ON_VIAMEDIS], ["Almerys", "Viamedis"], [OF_ALMERYS, OF_VIAMEDIS], 2),
        ([ON_ALMERYS], ["Viamedis"], [OF_VIAMEDIS], None),
        ([ON_ALMERYS], ["Almerys"], [OF_DATA], 2),
        ([ON_ALMERYS], ["Almerys", "Viamedis"], [OF_DATA], None),
        ([ON_ALMERYS], [], [OF_DATA], None),
        ([ON_ALMERYS], ["Almerys"], [], 2),
        ([ON_WATCH], ["Almerys"], [OF_ALMERYS], 4),
        ([ON_WATCH], ["Almerys", "Viamedis"], [OF_ALMERYS, OF_VIAMEDIS], None),
        ([ON_WATCH, ON_VIAMEDIS], ["Almerys", "Viamedis"], [OF_ALMERYS, OF_VIAMEDIS], 4),
        ([ON_WATCH], ["Almerys"], [], None),
        ([], ["Almerys"], [OF_ALMERYS], None),
    ],
)
def test_an_alert_is_silenced_when_nothing_that_matched_wants_it(
    silences: list[Silence], names: list[str], matches: list[Matched], by: int | None
) -> None:
    found = covering(silences, incident(*names), "abc", matches)
    assert (found and found.id) == by


def test_the_end_of_a_silence_says_what_it_held() -> None:
    held = Held(silence=ON_ALMERYS, messages=((4, "Almerys"), (9, "Viamedis")), people=2)
    subject, lines = end_of(held)
    assert subject == "Silence 2 (almerys) ended: it held 2 messages to 2 people"
    assert lines == (
        "Message 4: Almerys",
        "Message 9: Viamedis",
        "To send one after all: alertd delivery retry ID",
    )


def test_the_end_of_a_silence_that_held_nothing_says_so() -> None:
    assert end_of(Held(silence=ON_WATCH)) == ("Silence 4 (mine) ended: it held nothing", ())


def test_the_end_of_a_silence_that_held_much_names_the_rest_by_number() -> None:
    held = Held(silence=ON_WATCH, messages=tuple((n, "Almerys") for n in range(25)), people=1)
    subject, lines = end_of(held)
    assert subject.endswith("it held 25 messages to 1 person")
    assert len(lines) == 22
    assert lines[-2] == "and 5 more: alertd delivery list"
