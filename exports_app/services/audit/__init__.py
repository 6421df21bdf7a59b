"""The audit log: its entries, their hash chains, and what checks and exports them."""
