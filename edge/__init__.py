"""The kiosk: an eye that looks and a brain that decides."""
