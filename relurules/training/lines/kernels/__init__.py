"""What takes most of the time over many rows, as machine code; see `lp.compilation`."""
