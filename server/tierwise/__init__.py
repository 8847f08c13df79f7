"""Tierwise: AI help inside any editor, sized to the task."""

__version__ = "0.1.0"
