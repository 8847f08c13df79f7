"""How a provider is reached: addresses, keys, sockets, proxies, certificates, SDKs. Knows nothing of prompts.

One file per way to talk. SDKs and the HTTP library are imported when a connection opens, never at import.
"""
