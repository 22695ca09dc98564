"""Promote and rollback of sites, alone or as a train.

Read, plan and apply are apart; recovery goes through the same participant.
"""
