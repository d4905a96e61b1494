"""What keeps the service in service: what it tells of itself, how it starts, drains, is copied and checked."""
