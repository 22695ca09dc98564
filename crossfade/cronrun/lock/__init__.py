"""The line to memcached: its address, the connection, and one exchange over it.

Nothing here knows what is asked; the protocol is in `crossfade.plan.cron.claim`.
"""
