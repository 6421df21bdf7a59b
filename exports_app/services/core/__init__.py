"""What every subject of the services stands on: interfaces, records, extension points, access,
limits."""
