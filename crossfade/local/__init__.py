"""The embedded stack and the demo: real parts on loopback, started and ended by one command.

Nothing outside this folder imports it.
"""
