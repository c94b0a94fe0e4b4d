"""``python -m alertd.parsing``: the child."""

from alertd.parsing.child import main

main()
