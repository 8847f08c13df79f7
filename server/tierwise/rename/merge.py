"""Sets that merge: which occurrences turn out to be one symbol. Pure."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Generic, TypeVar

_Node = TypeVar("_Node", bound=Hashable)


class Merging(Generic[_Node]):
    """A disjoint-set forest over any hashable nodes; a node that was never merged is alone in its set."""

    def __init__(self) -> None:
        self._parent: dict[_Node, _Node] = {}

    def find(self, node: _Node) -> _Node:
        """The node that stands for the set."""
        root = node
        while (above := self._parent.get(root, root)) != root:
            root = above
        while node != root:
            self._parent[node], node = root, self._parent.get(node, node)
        return root

    def merge(self, left: _Node, right: _Node) -> None:
        self._parent[self.find(left)] = self.find(right)

    def members(self, node: _Node) -> list[_Node]:
        """All nodes of the set that were ever merged, ``node`` included."""
        root = self.find(node)
        return list(dict.fromkeys([node, *(item for item in list(self._parent) if self.find(item) == root), root]))

    def same(self, left: _Node, right: _Node) -> bool:
        return self.find(left) == self.find(right)
