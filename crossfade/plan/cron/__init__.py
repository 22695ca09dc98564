"""Cron jobs: when they are due, who may run a tick, and how they move.

A room for each question; they share the job's name and the tick's minute, and nothing else.
"""
