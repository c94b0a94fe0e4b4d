"""The clock's hands: wakes the parts of the program and decides nothing.

The only file that imports APScheduler.  No state is held here: what is due stands in the store.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from apscheduler.schedulers.asyncio import AsyncIOScheduler  # noqa: TID251 - its one place


class Schedule:
    """Calls plain functions at intervals, on the running loop."""

    def __init__(self) -> None:
        # The library's own grace is one second, beyond which a run is skipped.
        defaults = {"coalesce": True, "max_instances": 1, "misfire_grace_time": None}
        self._scheduler = AsyncIOScheduler(timezone="UTC", job_defaults=defaults)

    def every(self, interval: timedelta, call: Callable[[], None]) -> None:
        """Call ``call`` each ``interval`` from now on; it must return at once."""

        async def job() -> None:
            call()  # on the loop: a plain function would be run in a thread

        self._scheduler.add_job(job, "interval", seconds=interval.total_seconds())

    def start(self) -> None:
        """Begin."""
        self._scheduler.start()

    def stop(self) -> None:
        """End; what was started goes on, since it belongs to whoever started it."""
        self._scheduler.remove_all_jobs()
        self._scheduler.shutdown(wait=False)
