"""The choice of scheduled exports that a new API key or feed is limited to."""
