"""What outlives a process: the journal of jobs, locks, the rate limiter."""
