"""A technician and a gate: its timing, its safety."""
