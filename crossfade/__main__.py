"""`python -m crossfade`: the command line where its script is not on the path."""

from crossfade.cli import main

main()
