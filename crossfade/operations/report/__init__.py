"""The page for everybody: reading what it says, and putting it where people find it.

It reads the journal and changes nothing there.
"""
