"""Rules over SQL, one to a file."""
