"""A technician and a camera: intrinsics, exposure, mounting."""
