"""Backups of an installation on SQLite: database, files and key, and their way back."""
