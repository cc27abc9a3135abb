"""What rows say of rules and local models: figures, scores, summaries."""
