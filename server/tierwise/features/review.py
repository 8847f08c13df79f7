"""A review's JSON as Markdown for a person. A reply that is no such JSON is shown as it is, and says so."""

from __future__ import annotations

import msgspec

_MARKS = {"error": "**Error**", "warning": "**Warning**", "note": "Note"}


class Finding(msgspec.Struct):
    line: int
    severity: str
    message: str


class Review(msgspec.Struct):
    summary: str
    findings: list[Finding]


def as_markdown(reply: str, path: str) -> str:
    """The findings in order of the lines."""
    try:
        review = msgspec.json.decode(_json_part(reply), type=Review)
    except msgspec.DecodeError:
        return f"*The answer did not have the form of a review; here it is as it came.*\n\n{reply}\n"
    lines = [f"# Review of {path}", "", review.summary.strip(), ""]
    for finding in sorted(review.findings, key=lambda item: item.line):
        mark = _MARKS.get(finding.severity, "Note")
        lines.append(f"- {mark}, line {finding.line}: {' '.join(finding.message.split())}")
    if not review.findings:
        lines.append("Nothing was found.")
    return "\n".join(lines) + "\n"


def _json_part(reply: str) -> str:
    """The object itself, where a model has put a fence or a sentence around it."""
    start, end = reply.find("{"), reply.rfind("}")
    return reply[start : end + 1] if 0 <= start < end else reply
