"""`python -m crossfade`: the command line where its script is not on the path."""

import sys

from crossfade.cli import main

if __name__ == "__main__":
    sys.exit(main())
