"""PostgreSQL: several processes share the lane by its row, and each reads from snapshots."""
