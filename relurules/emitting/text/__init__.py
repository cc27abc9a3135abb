"""Rules as plain text."""
