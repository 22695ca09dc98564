"""Releases in their bucket: reading and publishing them.

A manifest is written last: it is the release.
"""
