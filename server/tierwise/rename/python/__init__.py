"""The engine for Python: scopes of the syntax tree within a file, jedi between files."""
