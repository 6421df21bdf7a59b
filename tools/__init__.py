"""What makes parts of the repository itself. Nothing here is part of the product."""
