"""State shared between processes: the journal of jobs, locks, the rate limiter."""
