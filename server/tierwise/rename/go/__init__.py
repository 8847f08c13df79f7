"""The language model of Go for renames by syntax."""
