"""The partnership's rule book: YAML with its types and sources. Plain Python, no tables, no `if`."""
