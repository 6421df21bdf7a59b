"""What pages are built on: actions and their guard, live push, sessions, commands to the
browser."""
