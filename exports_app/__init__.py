"""Scheduled exports with email delivery."""

__version__ = "0.2.0"
