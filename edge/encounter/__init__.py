"""One traveller's visit: what happens next, and its journal."""
