"""Scheduled exports with email delivery."""

__version__ = "0.1.0"
