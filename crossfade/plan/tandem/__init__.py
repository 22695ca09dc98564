"""One version on both platforms: when a set is ready, what is released next, what runs alike.

What is to run, what each platform is told and what it was seen to run are three things.
"""
