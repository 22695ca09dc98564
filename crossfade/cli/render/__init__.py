"""What a terminal and a `--json` document show.

Values in, lines out; the words of plans are the plan's own.
"""
