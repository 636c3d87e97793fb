"""Peers of the parsers, a module each: how it is had, which formats it can do, and what a pass over the lines costs.

A module names its `PEER`. What works inside a Python process also has `ways(format, lines)` and is measured by `child`,
in a process of its own; the others are programs that a module starts itself.
"""
