"""`python -m exports_app doctor`: check the installation, and say what is wrong with it."""
