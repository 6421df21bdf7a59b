"""The list of scheduled exports."""
