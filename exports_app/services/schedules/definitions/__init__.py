"""The scheduled exports of a tenant as a file: reading, comparing and applying it."""
