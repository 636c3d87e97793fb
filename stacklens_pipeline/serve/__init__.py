"""What readers get: the marts in DuckDB, built from the lake's tables by dbt."""
