"""A world to try things on: a front end with releases, a migration, cron jobs, and who uses them.

It knows the embedded stack and the product, and nothing of Prefect.
"""
