"""The commands, one file for each verb or family of verbs.

Each is a thin run of the operation or reader of the same name.
"""
