"""The job's own process: starting it, watching over it, ending it with all that it started.

Nothing here knows of the lock.
"""
