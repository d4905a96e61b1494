"""Procedures with a person or a bench, and their reports."""
