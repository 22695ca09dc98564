"""What may be deleted, and what needs that it stays.

Whatever is live, pinned, kept by depth or needed by a way back is never in a plan of this room.
"""
