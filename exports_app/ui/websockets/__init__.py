"""The websockets beneath the pages: who may open one, and how much each may send."""
