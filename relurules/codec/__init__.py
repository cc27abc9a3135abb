"""Rules, networks and evidence as JSON, and back."""
