"""The ramp of a migration: its stages, where it stands, and the next decision.

No answer of any gate, window or preflight stands in the way of going back.
"""
