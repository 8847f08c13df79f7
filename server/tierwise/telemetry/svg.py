"""Plots as inline SVG: bars by day, lines by day, bars lying side by side. Pure: numbers in, markup out.

Colours are classes (``s0``, ``s1`` …), so that the page's style gives them in light and dark; every mark has a tooltip.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape

WIDTH, HEIGHT = 640, 220
LEFT, RIGHT, TOP, BOTTOM = 56, 12, 12, 28

Label = Callable[[float], str]


@dataclass(frozen=True, slots=True)
class Series:
    """Numbers of one colour, one for each place on the axis; None where there is none. ``colour`` numbers a class."""

    name: str
    values: Sequence[float | None]
    colour: int


def columns(places: Sequence[str], series: Sequence[Series], label: Label, title: str) -> str:
    """Stacked columns, one per place."""
    highest = max((sum(s.values[i] or 0 for s in series) for i in range(len(places))), default=0.0)
    axis = _Axis(len(places), highest)
    parts: list[str] = []
    for index, place in enumerate(places):
        base = 0.0
        for item in series:
            value = item.values[index] or 0.0
            if value > 0:
                x, width = axis.column(index)
                top, low = axis.y(base + value), axis.y(base)
                tip = f"{place}: {item.name} {label(value)}"
                parts.append(_rect(x, top, width, low - top, item.colour, tip))
                base += value
    return _figure(axis, places, label, parts, title)


def lines(places: Sequence[str], series: Sequence[Series], label: Label, title: str) -> str:
    """One line per series; gaps where there is no value."""
    highest = max((value for s in series for value in s.values if value is not None), default=0.0)
    axis = _Axis(len(places), highest)
    parts: list[str] = []
    for item in series:
        for run in _runs(item.values):
            points = " ".join(f"{axis.middle(i):.1f},{axis.y(value):.1f}" for i, value in run)
            parts.append(f'<polyline class="line s{item.colour}" points="{points}"/>')
        for index, value in enumerate(item.values):
            if value is not None:
                tip = escape(f"{places[index]}: {item.name} {label(value)}")
                at = f'cx="{axis.middle(index):.1f}" cy="{axis.y(value):.1f}"'
                parts.append(f'<circle class="dot s{item.colour}" {at} r="2.6"><title>{tip}</title></circle>')
    return _figure(axis, places, label, parts, title)


def stripes(rows: Sequence[tuple[str, Sequence[Series]]], label: Label, title: str, *, whole: bool = True) -> str:
    """One lying bar per row, its parts beside each other. ``whole``: each bar fills the width, so that shares compare;
    else lengths do.
    """
    height, gap, left = 22, 10, 116
    totals = [sum(s.values[0] or 0 for s in parts) for _, parts in rows]
    longest = max(totals, default=0.0)
    room = WIDTH - left - (72 if any(map(label, totals)) else 4)
    drawn: list[str] = []
    for number, ((name, parts), total) in enumerate(zip(rows, totals, strict=True)):
        y, x = number * (height + gap), float(left)
        scale = room / ((total if whole else longest) or 1)
        drawn.append(f'<text class="tick" x="{left - 8}" y="{y + 15}" text-anchor="end">{escape(name)}</text>')
        for part in parts:
            value = part.values[0] or 0.0
            if value > 0:
                tip = f"{name}: {part.name} {label(value)} ({value / total:.0%})"
                drawn.append(_rect(x, y, value * scale, height, part.colour, tip))
                x += value * scale
        drawn.append(f'<text class="tick" x="{x + 8:.1f}" y="{y + 15}">{escape(label(total))}</text>')
    tall = max(1, len(rows)) * (height + gap)
    return _svg(WIDTH, tall, drawn, title)


def legend(series: Sequence[Series]) -> str:
    """The colours' names, as HTML."""
    items = "".join(f'<li><i class="s{item.colour}"></i>{escape(item.name)}</li>' for item in series)
    return f'<ul class="legend">{items}</ul>'


class _Axis:
    """From numbers to places of the drawing."""

    def __init__(self, count: int, highest: float) -> None:
        self.step = _nice(highest / 4) if highest > 0 else 1.0
        self.top = self.step * max(1, math.ceil(highest / self.step - 1e-9))
        self.slot = (WIDTH - LEFT - RIGHT) / max(1, count)

    def y(self, value: float) -> float:
        return TOP + (HEIGHT - TOP - BOTTOM) * (1 - value / self.top)

    def middle(self, index: int) -> float:
        return LEFT + self.slot * (index + 0.5)

    def column(self, index: int) -> tuple[float, float]:
        width = min(36.0, self.slot * 0.72)
        return self.middle(index) - width / 2, width

    @property
    def ticks(self) -> list[float]:
        return [self.step * n for n in range(round(self.top / self.step) + 1)]


def _figure(axis: _Axis, places: Sequence[str], label: Label, parts: Sequence[str], title: str) -> str:
    drawn: list[str] = []
    for tick in axis.ticks:
        y = axis.y(tick)
        drawn.append(f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>')
        drawn.append(
            f'<text class="tick" x="{LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{escape(label(tick))}</text>'
        )
    every = max(1, math.ceil(len(places) * 58 / (WIDTH - LEFT - RIGHT)))
    for index in range(0, len(places), every):
        x = axis.middle(index)
        text = escape(places[index])
        drawn.append(f'<text class="tick" x="{x:.1f}" y="{HEIGHT - 8}" text-anchor="middle">{text}</text>')
    return _svg(WIDTH, HEIGHT, [*drawn, *parts], title)


def _svg(width: float, height: float, parts: Sequence[str], title: str) -> str:
    view = f'viewBox="0 0 {width} {height}"'
    return f'<svg {view} role="img" aria-label="{escape(title)}">{"".join(parts)}</svg>'


def _rect(x: float, y: float, width: float, height: float, colour: int, tip: str) -> str:
    place = f'x="{x:.1f}" y="{y:.1f}" width="{max(width, 0.6):.1f}" height="{max(height, 0.6):.1f}"'
    return f'<rect class="s{colour}" {place} rx="1.5"><title>{escape(tip)}</title></rect>'


def _runs(values: Sequence[float | None]) -> list[list[tuple[int, float]]]:
    """Stretches without a gap."""
    runs: list[list[tuple[int, float]]] = [[]]
    for index, value in enumerate(values):
        if value is None:
            runs.append([])
        else:
            runs[-1].append((index, value))
    return [run for run in runs if len(run) > 1]


def _nice(step: float) -> float:
    """The next of 1, 2, 2.5, 5 times a power of ten."""
    power = 10 ** math.floor(math.log10(step))
    return next(factor * power for factor in (1, 2, 2.5, 5, 10) if factor * power >= step * 0.999)
