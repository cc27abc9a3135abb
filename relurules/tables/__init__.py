"""Tables in: frames, arrays, CSV and Parquet files -> one typed value, `table.DataTable`."""
