"""The front end for .pt2 files that are read without torch."""
