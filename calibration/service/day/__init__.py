"""A day in miniature: every traveller of a country's gates on a simulated clock, and every record accounted for."""
