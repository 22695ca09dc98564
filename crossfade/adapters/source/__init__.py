"""Builds as they are handed in: a folder, an archive or an `s3://` address.

A source yields paths and bytes and keeps nothing of them in memory.
"""
