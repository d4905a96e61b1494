"""The gate controller: its protocol, the host's driver, a model of the controller."""
