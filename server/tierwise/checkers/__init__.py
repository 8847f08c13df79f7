"""Runs a workspace's own linter, type checker and tests on a copy of it with an answer, in processes with limits.

The only room that starts a workspace's programs. Whoever calls it has made sure that the folder is trusted and that its
owner has configured the tools; nothing here decides that. No file of the workspace is ever written.
"""
