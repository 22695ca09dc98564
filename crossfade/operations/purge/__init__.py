"""Pins, and the purge of what nobody needs any more.

What is deleted is in the journal before it is deleted.
"""
