"""Cron expressions, time zones and relative date ranges."""
