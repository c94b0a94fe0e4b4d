"""The invented incident of an exercise: never stored as one, never told as true."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from alertd.core.model import Corroboration, DataType, Incident, Organisation, Status
from alertd.core.names import fold
from alertd.core.severity import severity

REF: Final = "drill"
"""What stands where an incident has its name."""
USUAL: Final = frozenset({DataType.NAME, DataType.EMAIL, DataType.PHONE})
"""What leaks in an exercise, unless it says otherwise."""


def exercise(name: str, data_types: frozenset[DataType], country: str, now: datetime) -> Incident:
    """A breach at ``name`` that never was, its numbers issued by the reader's own ``country``."""
    leaked = data_types or USUAL
    grave = severity(leaked, status=Status.CONFIRMED, corroboration=Corroboration.C3)
    return Incident(
        id=0,
        revision=1,
        ref=REF,
        organisations=(Organisation(name, fold(name)),),
        data_types=leaked,
        issuers=dict.fromkeys(leaked, country) if country else {},
        status=Status.CONFIRMED,
        corroboration=Corroboration.C3,
        severity=grave,
        published=now,
        first_seen=now,
    )
