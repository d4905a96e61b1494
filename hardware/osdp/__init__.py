"""Doors behind an OSDP line (IEC 60839-11-5)."""
