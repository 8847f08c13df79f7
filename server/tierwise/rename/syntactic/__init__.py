"""The engine for languages of which only the syntax is known: scopes, imports and declared types, read from the tree.

What these do not decide is declined, never guessed.
"""
