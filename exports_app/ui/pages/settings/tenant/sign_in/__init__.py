"""How the members of a tenant sign in."""
