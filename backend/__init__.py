"""The Traveler Verification Service."""
