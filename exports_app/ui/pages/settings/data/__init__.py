"""Settings, Data: campaign data from a file."""
