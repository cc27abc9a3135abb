"""Links: what a model does to its scores at the very end. `table` has one row for each."""
