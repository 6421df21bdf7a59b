"""An MCP server: AI assistants read and run scheduled exports through the API, with an API key."""
