"""What the file may say and this version does not do yet: told, so that nobody relies on it."""

from __future__ import annotations

from alertd.config.faults import Findings
from alertd.config.model import General
from alertd.config.people import SubscriberTable
from alertd.config.places import Path


def note_unserved(general: General, found: Findings) -> None:
    """Warn of tables that nothing serves."""
    for key, what in (("web", "there are no web pages"), ("metrics", "there are no metrics")):
        if getattr(general, key) is not None:
            found.warn((key,), f"is not used: {what} in this version")


def note_unkept(table: SubscriberTable, base: Path, found: Findings) -> None:
    """Warn of wishes of a subscriber that are not kept."""
    for place, watch in enumerate(table.watch):
        if watch.sectors:
            found.warn(
                (*base, "watch", place, "sectors"),
                "never hold: no source of this version tells them",
            )
