"""Access cases: a file says who asks for what in an invented world, and the product answers by every route.

`reading` checks the file, `world` builds it in an empty store through the product's own services, `asking` asks
each case, `routes` asks the pages. Everything happens in one transaction that is taken back at the end.
"""
