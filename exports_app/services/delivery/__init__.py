"""Emails about scheduled exports to their owners, and the state of the mail settings."""
