"""Figures as a person reads them: money, times, shares, counts. Pure."""

from __future__ import annotations

DASH = "–"
"""What stands where there is no figure."""


def dollars(amount: float | None) -> str:
    """US dollars with as many decimals as the amount needs to be told from nothing."""
    if amount is None:
        return DASH
    if amount == 0:
        return "$0"
    if abs(amount) < 0.000_05:
        return "< $0.0001"
    return f"${amount:.4f}" if abs(amount) < 1 else f"${amount:,.2f}"


def duration(milliseconds: float | None) -> str:
    """Milliseconds below a second (one decimal below ten), seconds above."""
    if milliseconds is None:
        return DASH
    if milliseconds < 9.95:
        return f"{milliseconds:.1f} ms"
    return f"{milliseconds:.0f} ms" if milliseconds < 999.5 else f"{milliseconds / 1000:.2f} s"


def share(part: float | None) -> str:
    """A share of 0 to 1 in percent; a small one with a decimal, so that it is told from none."""
    if part is None:
        return DASH
    return f"{part * 100:.1f} %" if 0 < part < 0.0095 else f"{part * 100:.0f} %"


def count(number: int | None) -> str:
    """A whole number with its thousands marked."""
    return DASH if number is None else f"{number:,}"


def short(number: float) -> str:
    """A number for an axis or a small place: 1,234,567 becomes 1.2 M."""
    for size, unit in ((1e9, "B"), (1e6, "M"), (1e3, "k")):
        if abs(number) >= size:
            return f"{number / size:.3g} {unit}"
    return f"{number:.3g}"
