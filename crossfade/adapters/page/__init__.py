"""The page for everybody as one HTML file, from a template.

Only its look: what it says was decided in `crossfade.plan.report`.
"""
