"""Wire adapters: from a ``ModelRequest`` to the pieces of an answer. The only room that reaches the network.

Three things in three places: ``connections`` (sockets, keys, proxies, SDKs), ``wires`` (what is said: pure functions
from request to body and from events to text), and the model facts of ``settings`` (what a model takes). ``client``
joins them, ``errors`` maps every foreign error into our tree, once.

Never asks for a model's name to decide anything, never retries, never logs, and puts no key, prompt or code into a
message. SDKs are imported on first need, never at import of this package.
"""
