"""Files with campaign data: recognised, read row by row, and understood column by column."""
