"""The world of the census of addresses, for every test that asks all of them."""

from __future__ import annotations

from test_addresses import world  # noqa: F401 (a fixture)
