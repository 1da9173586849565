"""Facts after commit: followers that read the outbox in order, and jobs that run at least once."""
