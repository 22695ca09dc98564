"""What is wrong with a configuration, its rights and the world, and how to mend each.

A finding is a value; who reads the world hands it in.
"""
