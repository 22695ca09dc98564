"""Words and small measures that every other room may use.

Nothing here knows a site, a migration or a job, and nothing here imports another room.
"""
