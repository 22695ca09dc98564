"""Where cron jobs are: memcached, Kubernetes, spool folders, crontabs and the lists kept in S3.

Each says what is there; what it means is decided in the plan.
"""
