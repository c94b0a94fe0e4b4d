"""``python -m fit PART --data FOLDER [--folds N] [--write]``."""

from __future__ import annotations

import argparse
import pkgutil
from importlib import import_module
from pathlib import Path

import fit
from fit.model import Fitted
from fit.weights import rendered, write


def main() -> None:
    """Fit one part, tell what came of it, and write it down when asked to."""
    parts = {
        name: function
        for _, name, _ in pkgutil.iter_modules(fit.__path__)
        if name != "__main__"
        for function in [getattr(import_module(f"fit.{name}"), "fit", None)]
        if function
    }
    parser = argparse.ArgumentParser(prog="python -m fit", description=fit.__doc__)
    parser.add_argument("part", choices=sorted(parts))
    parser.add_argument("--data", type=Path, required=True, help="the folder of labelled lines")
    parser.add_argument("--folds", type=int, default=5, help="for cross-validation")
    parser.add_argument("--write", action="store_true", help="into the lexicon")
    chosen = parser.parse_args()
    fitted: Fitted = parts[chosen.part](chosen.data, folds=chosen.folds)
    print(rendered(fitted), end="")  # noqa: T201 - a command prints
    if chosen.write:
        write(fitted)


if __name__ == "__main__":
    main()
