"""What a release is: its files, their headers, its manifest and what its names promise.

A release is judged by its content's digests, never by size or time.
"""
