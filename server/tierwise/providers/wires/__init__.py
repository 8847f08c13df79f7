"""Wire formats as pure functions: a request to a body, events to text. No socket, no clock, no key.

One file per format. The fields of a body come from the request and from ``ModelFacts``; no file asks for a model's
name.
"""
