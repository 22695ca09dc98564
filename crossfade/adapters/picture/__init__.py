"""Drawing pictures as SVG with matplotlib.

Only drawing: what is drawn was decided in `crossfade.plan.pictures`.
"""
