"""Rules as PMML 4.4, in double."""
