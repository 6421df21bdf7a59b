"""Scheduled exports: their rules, changes and lists."""
