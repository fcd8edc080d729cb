"""The database: people, patients, plans, treatments, follow-up and the audit log. Knows nothing of HTTP.

Import the modules that are needed (``from colonnade.records import patients``); this package imports none of them, so
that ``import colonnade`` never loads SQLAlchemy.
"""
