"""What is kept for how long, how it goes, and the proof that it went."""
