"""A migration's part in an operation: what is done to its records.

A return goes through the same batches as an advance, from what stands there now.
"""
