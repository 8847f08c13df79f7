"""The edit that follows from the last ones, found without a model: certain repeats only, silent otherwise. Pure."""
