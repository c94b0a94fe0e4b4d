"""``python -m alertd``."""

from __future__ import annotations

import sys

from alertd.cli import main

if __name__ == "__main__":
    sys.exit(main())
