"""Everything that changes while an editor is open: documents, history, file context, and what may be read at all."""
