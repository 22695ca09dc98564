"""The embedded stack: the servers that `crossfade local up` starts, on loopback alone.

What it started it ends, by process id.
"""
