"""One module per resource; each has a `router`. They contain no rules."""
