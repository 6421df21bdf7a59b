"""The small design system: what pages are made of."""
