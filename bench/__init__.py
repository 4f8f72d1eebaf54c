"""Measures what the product promises about speed and memory. Nothing here runs in the product or its tests.

    python -m bench.import_rows [--rows 100000]
    python -m bench.chronology [--entries 100000 1000000]
    python -m bench.report

Each prints a table and keeps its figures in bench/results; the report writes docs/reference/measurements.md.
"""
