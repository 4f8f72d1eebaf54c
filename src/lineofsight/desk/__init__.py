"""Pages that gather from many rooms: my work, search, the child's page, the chronology, the pack."""
