"""How pages look and read: layout, components, dates in human words, the picture of a chronology.
Knows no chapter; everything it shows is handed to it."""
