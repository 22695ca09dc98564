"""Examining the configuration, the rights and the world.

It changes nothing that it does not put back, and says what to mend.
"""
