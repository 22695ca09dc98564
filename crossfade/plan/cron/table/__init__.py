"""Tables of jobs, as cron and Kubernetes read them, and as they are wrapped or carried over.

A table is a list of lines: foreign ones stay byte for byte.
"""
