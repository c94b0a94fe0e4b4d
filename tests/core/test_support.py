"""Withdrawn, disputed and neither: product rule by rule."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from alertd.core.model import Account, Speaker, Status, Tier
from alertd.core.support import status
from tests.core.accounts import FIRST, account, claimed, denial, own


def judged(*told: Account) -> Status:
    return status(sorted(told, key=lambda item: item.published))


def test_withdrawn_when_the_source_that_first_reported_takes_it_back() -> None:
    back = account(3, "A", day=2, publisher="X", status=Status.WITHDRAWN)
    assert judged(account(1, "A", publisher="X"), account(2, "A", day=1), back) is Status.WITHDRAWN


def test_withdrawn_when_the_first_source_changes_its_own_item() -> None:
    changed = replace(
        account(1, "A", day=5, publisher="X", status=Status.WITHDRAWN), first_seen=FIRST
    )
    assert judged(account(2, "A", day=1), changed) is Status.WITHDRAWN


def test_a_later_source_that_takes_its_own_back_leaves_the_first_disputed() -> None:
    back = account(2, "A", day=2, publisher="Y", status=Status.WITHDRAWN)
    assert judged(account(1, "A"), back) is Status.DISPUTED


def test_withdrawn_when_an_official_source_says_so_unless_another_one_stands_by_it() -> None:
    official = account(1, "A", tier=Tier.OFFICIAL)
    back = account(2, "A", day=2, tier=Tier.OFFICIAL, status=Status.WITHDRAWN)
    assert judged(account(1, "A"), back) is Status.WITHDRAWN
    assert judged(official, back) is Status.DISPUTED
    assert judged(official, replace(back, publisher=official.publisher)) is Status.WITHDRAWN


def test_withdrawn_when_the_organisation_denies_it_and_nothing_stands_against_it() -> None:
    assert judged(claimed(1, "A"), denial(2, "A", day=1)) is Status.WITHDRAWN


def test_a_denial_is_disputed_while_a_source_a_filing_or_published_data_stands_against_it() -> None:
    no = denial(9, "A", day=1)
    assert judged(account(1, "A"), no) is Status.DISPUTED
    assert judged(claimed(1, "A"), account(2, "A", tier=Tier.OFFICIAL), no) is Status.DISPUTED
    online = claimed(1, "A", evidence={"published_data": ("a sample is online",)})
    assert judged(online, no) is Status.DISPUTED


def test_a_reporter_who_only_repeats_the_story_does_not_end_a_dispute() -> None:
    told = (account(1, "A"), denial(2, "A", day=1), account(3, "A", day=2))
    assert judged(*told) is Status.DISPUTED


def test_a_later_word_as_weighty_as_the_denial_ends_it() -> None:
    told = (account(1, "A"), denial(2, "A", day=1))
    assert judged(*told, own(3, "A", day=2)) is Status.CONFIRMED
    office = account(3, "A", day=2, tier=Tier.OFFICIAL, speaker=Speaker.AUTHORITY)
    assert judged(*told, office) is Status.CONFIRMED
    assert judged(*told, replace(office, published=FIRST + timedelta(hours=1))) is Status.DISPUTED
