"""The command line: python -m exports_app COMMAND."""
