"""A lane with a cast, played from clips made of public portraits."""
