"""How an operation begins, runs and ends, for every kind of subject, written once.

Whoever changes something brings a participant; opening, the lease, the order and the end are here.
"""
