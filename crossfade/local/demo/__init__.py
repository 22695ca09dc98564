"""The stories that `crossfade local demo` tells on the embedded stack.

A demo uses the product as a person does, and counts what visitors saw.
"""
