"""Identity: signing in, sessions, passwords, the second factor, links sent by email."""
