"""Stages 1-9 of the recommender, in the order of their data flow.

Pure functions on typed frames: only `events` reads the database and only `publish` writes it.
"""
