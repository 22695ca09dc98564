"""Prefect tasks: one step of a procedure each, with its retries and timeout.

They hold no decisions: those are made in `crossfade.plan`.
"""
