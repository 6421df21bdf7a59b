"""How the installation sends mail."""
