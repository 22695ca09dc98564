"""`crossfade local up`: the stack, Prefect with all that runs on it, and the sample world, as one.

One folder holds one of them at a time. What goes with the world lies in a folder below it, which
the next start throws away whole: S3 and Prefect begin together, or not at all.
"""
