"""One file per job: ask the feature, then judge its answer. Asking and judging are apart, so that judging is pure."""
