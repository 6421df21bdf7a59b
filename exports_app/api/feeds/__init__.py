"""What calendars and feed readers read."""
