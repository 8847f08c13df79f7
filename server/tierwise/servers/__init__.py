"""Other people's language servers, driven without an editor: found, started, kept warm, asked to rename, ended.

``pool.py`` is the ``core.renaming.RenameSource`` over all of them; ``server.py`` is one process, ``wire.py`` its
JSON-RPC, ``sync.py`` what it was told of the workspace, ``edits.py`` its answers as our values.

A server runs the tools of a workspace and with them its code, so none is ever started in a folder that is not trusted,
and none is handed the keys of model providers. This room never writes a file and applies nothing.
"""
