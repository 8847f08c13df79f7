"""Parsing with tree-sitter: where definitions, scopes and errors are. Pure: text in, values out.

Owner of no state but loaded grammars and a small cache of parse results. The only room that knows tree-sitter; nothing
here reads a workspace, and bytes never leave it: all places are ``core`` points in code points.
"""
