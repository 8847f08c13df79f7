"""The language model of Java for renames by syntax."""
