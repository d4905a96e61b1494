"""Devices and the wires to them."""
