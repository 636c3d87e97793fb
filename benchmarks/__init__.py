"""Measurements: each is run with `make bench-NAME` and writes a result file with the commit and the machine."""
