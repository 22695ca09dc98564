"""What became of ticks: who ran which, what nobody ran, and how far the lock is to be trusted.

Judged from records alone, so that every finding can be told from them again.
"""
