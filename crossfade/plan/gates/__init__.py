"""Questions about a platform, answered from figures: pass, fail, inconclusive, no_data or error.

An answer carries the evidence from which it was made.
"""
