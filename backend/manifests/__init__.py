"""Carriers messages to expected travellers: pure parsing."""
