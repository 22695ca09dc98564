"""What every procedure is handed: the world.

It imports no other room.
"""
