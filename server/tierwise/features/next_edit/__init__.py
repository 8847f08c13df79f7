"""Next edits: what follows from the last ones, elsewhere in the file or in another open one."""
