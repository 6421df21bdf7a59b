"""The command palette: what it finds, and the commands that it offers."""
