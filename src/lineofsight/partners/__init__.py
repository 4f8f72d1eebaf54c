"""Agencies, teams and workers: who is in the partnership, in which role, from when to when; sign-in."""
