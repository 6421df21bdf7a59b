"""The OpenAPI document: what FastAPI knows of the routes, and what callers need beside it."""
