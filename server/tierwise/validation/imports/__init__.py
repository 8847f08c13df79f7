"""Whether what a file imports exists: in the workspace, the language's own library, or the declared dependencies."""
