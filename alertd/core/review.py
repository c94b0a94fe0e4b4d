"""Which facts of the advice have to be checked again soon."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Final

from alertd.core.texts import Body

AHEAD: Final = timedelta(days=60)
"""How long before a contact has to be checked again it is spoken of."""


def to_check(bodies: Iterable[Body], today: date) -> list[tuple[date, tuple[str, ...]]]:
    """The days, within ``AHEAD`` or past, after which telephone numbers are left out: whose."""
    days: dict[date, list[str]] = {}
    for body in bodies:
        if body.phone and body.phone_status.printable and body.expires - AHEAD <= today:
            days.setdefault(body.expires, []).append(body.name)
    return [(day, tuple(names)) for day, names in sorted(days.items())]
