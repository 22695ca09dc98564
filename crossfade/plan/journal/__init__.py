"""What the journal's documents say: operations, heads and leases, and how one follows another.

Every change of a record is a function from the old one to the new one.
"""
