"""Figures about campaigns and about exports."""
