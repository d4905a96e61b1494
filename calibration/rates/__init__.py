"""Biometric error rates, measured with the code the service runs."""
