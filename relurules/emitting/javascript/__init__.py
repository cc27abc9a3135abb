"""Rules as JavaScript."""
