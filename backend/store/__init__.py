"""Tables and one function per question."""
