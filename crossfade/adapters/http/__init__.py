"""Sites and probes over HTTP, with deadlines.

An answer that does not come is a value, not a surprise.
"""
