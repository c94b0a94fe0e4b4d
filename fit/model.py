"""What the parts share: the shape of what they return."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

Features = Mapping[str, float]
"""The named features of one example."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fitted:
    """Weights fitted for a section of ``weights.toml``, and what to know about them.

    ``notes`` tell, a line each, of the data, how many examples there were and the
    cross-validated figure with its spread; they are written above the weights.  ``files`` are
    further files of the lexicon, by name, with their content.
    """

    section: str
    weights: Features
    notes: Sequence[str]
    files: Mapping[str, str]
