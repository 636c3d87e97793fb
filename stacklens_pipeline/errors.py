"""The exception tree. A message is one sentence that ends with the value in question.

    StackLensError
    ├── ConfigurationError        what a person wrote is wrong; found at load, before any line is read
    │   └── UsageError            a command was called wrongly; the command line exits with 2
    ├── EventLogError             the event log cannot be reached, or refuses; retried by the caller
    │   ├── UnknownTopicError     the topic or partition does not exist
    │   ├── OffsetOutOfRangeError the range lies below the low watermark: retention overtook the reader
    │   ├── CorruptRangeError     the log holds the range but cannot give it back intact
    │   └── MessageTooLargeError  a message is longer than the log takes; it says what to do
    ├── LakeError                 a table cannot be read or written
    │   ├── StorageFullError      no space is left; nothing was committed; the event log's disk too: an EventLogError
    │   ├── CommitConflictError   another writer kept committing first
    │   ├── LeaseHeldError        somebody else is at the same work, and does not give way
    │   └── IncompletePartitionError  a rebuild was refused, because rows upstream expired or were never complete
    ├── PackedError               gzip or zstd bytes are damaged, or cut off
    ├── ConservationError         counts are not conserved; it names the offending range
    └── ProcessError              a process that we started did not come up, or died
        └── WorkerLostError       a worker process: the drain goes on without

Bad data is never an exception: it is a row of `parsed/dead_letters`.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from stacklens_pipeline.eventlog.base import OffsetRange


class StackLensError(Exception):
    """Whatever StackLens itself raises."""


class ConfigurationError(StackLensError):
    """What a person wrote in a setting or a file is wrong."""


class UsageError(ConfigurationError):
    """A command was called with arguments that make no sense."""


class EventLogError(StackLensError):
    """The event log cannot be reached, or refuses; worth another try."""


class UnknownTopicError(EventLogError):
    """The topic or partition does not exist."""


class OffsetOutOfRangeError(EventLogError):
    """The range lies below the low watermark: retention overtook the reader."""


class CorruptRangeError(EventLogError):
    """The log holds the `ranges` but cannot give them back intact."""

    def __init__(self, message: str, ranges: Sequence["OffsetRange"] = ()) -> None:
        super().__init__(message)
        self.ranges = tuple(ranges)


class MessageTooLargeError(EventLogError):
    """A message is longer than the log takes."""


class LakeError(StackLensError):
    """A table cannot be read or written."""


class StorageFullError(LakeError, EventLogError):
    """No space is left on the storage, of the lake or of the event log; nothing was committed."""


class CommitConflictError(LakeError):
    """Another writer kept committing first."""


class LeaseHeldError(LakeError):
    """Somebody else is at the same work, and does not give way."""


class IncompletePartitionError(LakeError):
    """A rebuild was refused: its upstream rows expired, were erased or are not complete."""


class PackedError(StackLensError):
    """Packed bytes are damaged or cut off."""


class ConservationError(StackLensError):
    """Counts are not conserved."""


class ProcessError(StackLensError):
    """A process that we started did not come up, or died."""


class WorkerLostError(ProcessError):
    """A worker process could not be started, or ended in the middle of its work: killed, or for want of memory."""
