"""One module per resource; each has a `router`. They translate, and hold no rules."""
