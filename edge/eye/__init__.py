"""The eye process: camera and vision, sealed off the network."""
