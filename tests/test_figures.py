"""No change makes the judgement worse by more than a point on the labelled cases."""

from __future__ import annotations

import tomllib
from functools import cache

import pytest

from tests.figures import FOLDER, figures

POINT = 0.01
RECORDED = tomllib.loads((FOLDER / "figures.toml").read_text("utf-8"))["figures"]


@cache
def _measured() -> dict[str, float]:
    return figures()


@pytest.mark.parametrize("name", RECORDED)
def test_a_figure_has_not_dropped_by_more_than_a_point(name: str) -> None:
    assert _measured()[name] >= RECORDED[name] - POINT


def test_every_figure_is_recorded() -> None:
    assert _measured().keys() == RECORDED.keys()
