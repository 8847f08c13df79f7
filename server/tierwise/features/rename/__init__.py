"""Rename as a use case, and what goes on where plain rename stops.

``flow.py`` is the way in. The certain occurrences come from one of several engines (``engines.py``); mentions go to
the fast tier (``adjudicate.py``), within its limits and never before the certain ones are there; what is not in the
answer is kept to be offered afterwards (``offers.py``); ``suggest.py`` proposes names; ``warming.py`` reads ahead.

No model ever decides about an edit that the user has not asked for or is not asked to confirm.
"""
