"""Tables in: frames, arrays, CSV and Parquet files -> typed values."""
