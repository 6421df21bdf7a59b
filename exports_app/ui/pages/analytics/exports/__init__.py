"""The figures of the exports."""
