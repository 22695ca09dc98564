"""Procedures: each thing that crossfade does, step by step, written once.

The command line runs the steps directly; a Prefect flow runs the same steps as tasks.
"""
