"""How each kind of platform is told what to run, and how it is seen what it runs.

Telling and seeing are apart: no adapter believes that what it told is what runs.
"""
