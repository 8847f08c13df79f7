"""Whether every name that a changed file uses is defined somewhere."""
