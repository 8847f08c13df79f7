"""Rename without a model: what bears a name, checked, as a changeset.

``service.py`` asks one engine what a name refers to (``values.Engine``; ``engines.py`` lists the bundled ones), turns
the answer into edits, and checks them by renaming back (``checks.py``). ``python`` rests on scopes and jedi;
``syntactic`` with one language model each for ``ecmascript``, ``go``, ``java`` and ``rust`` rests on the syntax tree.

Rename never edits an occurrence that is not certain, never writes a file, and never runs anything of a workspace.
"""
