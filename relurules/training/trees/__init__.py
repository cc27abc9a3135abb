"""Trees of linear models, chosen directly: partition rules, and no network first."""
