"""Moving a job from one platform to the other: what to watch, and what to do next.

A decision is a function of where the job stands and of what its ticks showed.
"""
