"""Lines chosen directly: a linear model and few hinges beside it, from rows."""
