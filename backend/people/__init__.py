"""Named people: their passwords, tokens and posts."""
