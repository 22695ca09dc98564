"""Releasing one version to both platforms: the sequence is prepare, ready, tell both, read back.

What fails on one side returns both to what they were told before, or says `diverged`.
"""
