"""Campaigns and their metrics: the data that is exported."""
