"""One file for each thing that a person, a schedule or an alarm starts.

A flow is one verb: it runs the procedure of the same name in `crossfade.operations`.
"""
