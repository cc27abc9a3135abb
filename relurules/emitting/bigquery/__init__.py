"""A function of BigQuery in JavaScript."""
