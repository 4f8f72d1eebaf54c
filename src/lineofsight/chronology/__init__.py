"""The joined record: one dated, sourced fact per entry, from every agency, in one order.

Entries are append-only. A correction or a changed source row is a new version; a row that vanished from
its feed is marked absent; nothing is overwritten. Who took which role belongs to the entry, never to the
person.
"""
