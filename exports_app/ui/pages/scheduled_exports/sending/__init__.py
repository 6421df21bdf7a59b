"""Starting runs: the question before anything is sent."""
