"""Who somebody is: signing in, sessions, passwords, the second factor, links sent by email."""
