"""What stands beside a dbt model: its contract, its tests, and rows that it is tried on."""
