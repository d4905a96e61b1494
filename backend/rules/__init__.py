"""Policy as pure functions."""
