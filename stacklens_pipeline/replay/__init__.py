"""Replays: stored raw hours parsed by other parsers, the difference that makes, and its promotion to the tables.

`difference` compares and writes nothing; `promote` puts what the new parsers give in the place of what the hours hold,
in all tables past raw; `journal` keeps what is under way, so that a crash is finished and `verify` holds meanwhile.
"""
