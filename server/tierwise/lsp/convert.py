"""The client's positions to ours and back, for this room: ``Columns`` in the encoding that ``initialize`` agreed on.

Everything that comes from or goes to the client passes through it here, and nothing below this room sees its units.
"""

from __future__ import annotations

from tierwise.core.columns import Columns

__all__ = ["Columns"]
