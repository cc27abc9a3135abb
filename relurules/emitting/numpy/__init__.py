"""Rules as numpy."""
