"""Records of Route 53 and the weights in them.

A change names what must stand there before and what stands there after; no vector is all zero.
"""
