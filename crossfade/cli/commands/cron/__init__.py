"""The commands of `crossfade cron`, and `move-cron`.

The wrapper itself is `crossfade.cronrun`; a host needs nothing of this room.
"""
