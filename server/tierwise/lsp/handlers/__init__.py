"""One file per LSP method or small family: snapshot, feature, conversion; nothing else."""
