"""Readers: what is live, what is open, what happened.

A reader changes nothing.
"""
