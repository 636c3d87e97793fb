"""WHAT exists: one module per layer, each ending in a list; they say what, the engine does the work.

A helper that an asset needs belongs into the engine. When anything runs is said in `sensors/`.
"""
