"""Files of people, as they come: opening, encoding, columns, and whose export it is. Nothing is stored here."""
