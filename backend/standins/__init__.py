"""Stand-ins for the systems around the service: they speak the same bytes over real connections."""
