"""The commands of `limen-tvs`, by what they are about."""
