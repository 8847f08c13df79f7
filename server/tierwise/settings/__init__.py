"""Settings: what the user, the workspace and the editor want, merged into frozen values.

Reads files when settings load, and owns nothing but the last good state of each file (``store.py``). Never reads a
key's value, never reaches the network, never raises at a broken file: it keeps what was good and says what is wrong.
"""
