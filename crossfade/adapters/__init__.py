"""All contact with the world, one file per outside system.

Adapters do what they are told and translate errors; every decision is made in `crossfade.plan`.
"""
