"""Does the gate keep its promises?  An observer of its own, a world that tries to break it, and the figures."""
