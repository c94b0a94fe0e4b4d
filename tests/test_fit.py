"""The scripts that fit the judgement's weights: what they learn, and what they leave alone."""

from pathlib import Path

import pytest

from fit import weights
from fit.data import fold_of
from fit.linear import Choice, Example, logistic, score, softmax
from fit.model import Fitted

CASES = [
    Example({"bias": 1.0, "named": 1.0}, true=True),
    Example({"bias": 1.0, "named": 1.0, "dull": 1.0}, true=True),
    Example({"bias": 1.0, "dull": 1.0}, true=False),
    Example({"bias": 1.0}, true=False),
]


def test_a_logistic_fit_separates_what_a_feature_separates() -> None:
    found = logistic(CASES, pull=0.1)
    assert [score(case.features, found) > 0 for case in CASES] == [case.true for case in CASES]


def test_a_strong_pull_keeps_weights_at_what_was_believed_before() -> None:
    free = logistic(CASES, prior={"named": -1.0}, pull=0.0)
    held = logistic(CASES, prior={"named": -1.0}, pull=1_000.0)
    assert free["named"] > 1
    assert held["named"] < 0


def test_a_choice_is_won_by_the_option_with_the_telling_feature() -> None:
    options = [{"dull": 1.0}, {"telling": 1.0}, {"dull": 1.0, "loud": 1.0}]
    found = softmax([Choice(options, [False, True, False])] * 3)
    assert max(options, key=lambda option: score(option, found)) == options[1]


def test_choices_that_teach_nothing_leave_no_weight() -> None:
    assert softmax([Choice([{"a": 1.0}], [True]), Choice([{"a": 1.0}], [False])]) == {}


@pytest.mark.parametrize("turn", range(5))
def test_every_number_of_examples_is_passed_over_whole(turn: int) -> None:
    for count in range(30):
        seen = logistic([Example({f"f{n}": 1.0}, true=True) for n in range(count)], rounds=turn + 1)
        assert len(seen) == count


def test_a_fit_is_the_same_each_time() -> None:
    assert logistic(CASES) == logistic(CASES)


def test_an_example_is_always_in_the_same_fold() -> None:
    assert [fold_of(f"block-{n}", 5) for n in range(6)] == [4, 0, 3, 4, 3, 3]


def test_only_the_section_of_a_fit_is_written(tmp_path: Path) -> None:
    file = tmp_path / "weights.toml"
    file.write_text("# Head.\n\n[cluster]\n# Old.\na = 1.000\n\n[relevance]\nb = 2.000\n", "utf-8")
    fitted = Fitted(
        section="cluster", weights={"c": 0.25}, notes=("New.",), files={"words.json": "{}\n"}
    )
    weights.write(fitted, tmp_path)
    assert file.read_text("utf-8") == (
        "# Head.\n\n[cluster]\n# New.\nc = 0.250\n\n[relevance]\nb = 2.000\n"
    )
    assert (tmp_path / "words.json").read_text("utf-8") == "{}\n"
