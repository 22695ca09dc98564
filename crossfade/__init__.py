"""Crossfade without Prefect: pure plans and decisions, and the adapters that touch the world.

Nothing in here imports Prefect, so that the way back never depends on it.
"""
