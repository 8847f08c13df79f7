"""Simulated model providers on the loopback interface, for tests, demonstrations and benchmarks."""

from tierwise.simulator.call import Call, Wire
from tierwise.simulator.script import Fault, FaultKind, Reply, Rule, Script, Stop, UsageOverride, load_script
from tierwise.simulator.seen import SeenRequest
from tierwise.simulator.server import Simulator

__all__ = [
    "Call",
    "Fault",
    "FaultKind",
    "Reply",
    "Rule",
    "Script",
    "SeenRequest",
    "Simulator",
    "Stop",
    "UsageOverride",
    "Wire",
    "load_script",
]
