"""The ramp of a migration: look, decide, change, and every way back.

One call is one decision; nothing sleeps between two of them.
"""
