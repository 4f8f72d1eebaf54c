"""Agencies' records in: receive, recognise, map, parse, stage, match, preview, commit, undo.

A file is never lost and never half in. The store is decided by the set of files that are in, not by the
order in which they came: each version of a row is kept once, with the files that showed it.
"""
