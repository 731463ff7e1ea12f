"""`python -m torimem`."""

from .cli import main

main()
