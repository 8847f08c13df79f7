"""Strict JSON schemas, one per role whose answer is data. Every key is required and no other is allowed: the common
ground of the providers' strict modes.
"""

from __future__ import annotations

from tierwise.core.models import Schema

ADJUDICATION = Schema(
    "adjudication",
    {
        "type": "object",
        "properties": {"accept": {"type": "array", "items": {"type": "integer"}}},
        "required": ["accept"],
        "additionalProperties": False,
    },
)

NAMES = Schema(
    "names",
    {
        "type": "object",
        "properties": {"names": {"type": "array", "items": {"type": "string"}}},
        "required": ["names"],
        "additionalProperties": False,
    },
)

REVIEW = Schema(
    "review",
    {
        "type": "object",
        "properties": {
            "summary": {"type": "string"},
            "findings": {
                "type": "array",
                "items": {
                    "type": "object",
                    "properties": {
                        "line": {"type": "integer"},
                        "severity": {"type": "string", "enum": ["error", "warning", "note"]},
                        "message": {"type": "string"},
                    },
                    "required": ["line", "severity", "message"],
                    "additionalProperties": False,
                },
            },
        },
        "required": ["summary", "findings"],
        "additionalProperties": False,
    },
)
