"""Moving cron jobs between platforms, one decision at a time.

A move changes the preference in memcached and the switch of a CronJob, and reads both back.
"""
