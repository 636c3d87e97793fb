"""Retention and upkeep: how long things are kept, and how the tables stay small.

Tiers and erasure are this room's too; what is here now keeps files and the embedded event log in bounds.
"""

from stacklens_pipeline.retain.expiry import expire_hours, expire_messages
from stacklens_pipeline.retain.upkeep import keep_up

__all__ = ["expire_hours", "expire_messages", "keep_up"]
