"""Benchmarks: what crossfade costs, measured beside what else could do the job.

Each program prints figures of its own run and asserts none of them. They use the product through
its public procedures and its command line; nothing imports them.
"""
