"""Relay boards, for cabinets whose own input is monostable."""
