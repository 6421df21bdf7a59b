"""What all subjects of the services use: interfaces, records, extension points, access, limits."""
