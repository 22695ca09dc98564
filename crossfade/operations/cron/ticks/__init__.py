"""Gathering who ran which tick, and reading it.

memcached forgets; the gathered record in S3 does not.
"""
