"""Changes of Python code that need no model: instant, free, and the same every time.

Each is a function of the text and a place, and offers nothing where it is not sure to keep what the code means. Pure.
"""
