"""Writes fitted weights into the lexicon, leaving every other section as it was."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

import alertd.lexicon
from fit.model import Fitted

LEXICON: Final = Path(alertd.lexicon.__file__).parent
_DIGITS: Final = 3


def write(fitted: Fitted, lexicon: Path = LEXICON) -> None:
    """Replace a section of ``weights.toml``, and write the further files of a part."""
    file = lexicon / "weights.toml"
    text = file.read_text("utf-8")
    found = _section(fitted.section).search(text)
    block = rendered(fitted)
    changed = (
        text[: found.start()] + block + text[found.end() :]
        if found
        else f"{text.rstrip()}\n\n{block}"
    )
    file.write_text(changed.rstrip() + "\n", "utf-8")
    for name, content in fitted.files.items():
        (lexicon / name).write_text(content, "utf-8")


def rendered(fitted: Fitted) -> str:
    """A section as it stands in the file: its notes as comments, its weights by name."""
    notes = "".join(f"# {note}\n" for note in fitted.notes)
    weights = "".join(
        f"{name} = {value:.{_DIGITS}f}\n" for name, value in sorted(fitted.weights.items())
    )
    return f"[{fitted.section}]\n{notes}{weights}\n"


def _section(name: str) -> re.Pattern[str]:
    return re.compile(rf"^\[{re.escape(name)}\]\n(?:(?!\[).*\n?)*", re.MULTILINE)
