"""When a schedule is due: its ticks, in any time zone, through every change of the clock.

A schedule is a value; whoever asks hands in the instant.
"""
