"""Model text to changes: pure, no file is read or written here."""
