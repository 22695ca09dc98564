"""Reading what a picture is made from.

The marks are decided in `crossfade.plan.pictures`, and drawn by an adapter.
"""
