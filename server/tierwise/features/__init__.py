"""The use cases: one value in, one value out, exactly one event each."""
