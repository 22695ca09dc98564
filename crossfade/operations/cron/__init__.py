"""Cron jobs: the record of their ticks, and their moves between platforms.

Legacy's crontab is never edited.
"""
