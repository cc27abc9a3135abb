"""Rules as Python."""
