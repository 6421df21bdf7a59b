"""Scheduled exports with email delivery."""
