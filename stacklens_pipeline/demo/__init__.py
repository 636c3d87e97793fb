"""`stacklens demo`: the whole platform on one machine, fed with logs, watched, and stopped without a trace."""
