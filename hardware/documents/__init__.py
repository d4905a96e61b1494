"""What a document reader reads: boarding passes, machine readable zones."""
