"""What growth costs: the same operations over a small database, and over one with years of data."""
