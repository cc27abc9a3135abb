"""What adds lines up along many rows, as machine code; see `lp.compilation`."""
