"""The field of a form that chooses scheduled exports."""
