"""Trees of linear models, chosen directly: partition rules without a network that is trained first."""
