"""What the systems of record are told, in their own words."""
