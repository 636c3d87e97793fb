"""Golden files: real messages and the records that they have to become, kept in a person's own repository.

`sample` takes them from stored raw, some of each kind; `check` parses them again and says what has changed.
"""
