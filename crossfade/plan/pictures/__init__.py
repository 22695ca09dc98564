"""What a picture shows: the marks of a ramp's timeline and of a job's day.

How it is drawn is an adapter's affair.
"""
