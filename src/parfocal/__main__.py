"""``python -m parfocal`` is the command line."""

from parfocal.cli import main

main()
