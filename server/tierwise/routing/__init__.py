"""Routing: decide how much model a request gets, and get one answer out of a chain of models on time.

Owner of the health of models (breakers), of what was learnt about their speed, and of the money spent. It never talks
to a network itself (clients come through ``ports``), never judges an answer's quality, and never writes an event: every
call of a model comes back to the caller as a record.
"""
