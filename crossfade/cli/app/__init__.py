"""The frame of the command line: commands, options, the screen and the exit codes.

Nothing here knows what a command does.
"""
