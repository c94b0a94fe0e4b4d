"""What the demonstration is made of: feeds, settings, and what must come of them."""

from __future__ import annotations

import tomllib
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from typing import Any, Final

SECONDS: Final = 15.0
"""How long the expected messages are waited for."""
FEEDS: Final = ("register.json", "press-en.xml", "press-fr.xml")
LATER: Final = {"register.json": "register-later.json", "press-fr.xml": "press-fr-later.xml"}
"""What takes the place of a feed once the first messages are there."""
SERVERS: Final = ("feeds", "smtp", "hook")

Told = Counter[tuple[str, str, str, str]]
"""How often each was told: subscriber, incident, kind, channel."""


@dataclass(slots=True)
class Samples:
    """What the demonstration is made of; a test takes parts away."""

    feeds: dict[str, str]
    later: dict[str, str]
    settings: str
    expected: Mapping[str, Any]
    without: frozenset[str] = frozenset()
    seconds: float = SECONDS

    def told(self, *, first: bool = False) -> Told:
        """What must be told; ``first`` leaves out what the later feeds bring."""
        return Counter(
            (alert["subscriber"], alert["incident"], kind, channel)
            for alert in self.expected["alerts"]
            for kind in alert["kinds"]
            for channel in alert.get("channels", ["mail"])
            if not (first and (alert.get("later") or kind != "new"))
        )


def samples() -> Samples:
    """The bundled samples, whole."""
    home = files("alertd.demo")

    def text(name: str) -> str:
        return home.joinpath(name).read_text("utf-8")

    return Samples(
        feeds={name: text(f"feeds/{name}") for name in FEEDS},
        later={name: text(f"feeds/{later}") for name, later in LATER.items()},
        settings=text("alertd.toml"),
        expected=tomllib.loads(text("expected.toml")),
    )
