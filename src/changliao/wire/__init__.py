"""Gets bytes in and out: HTTP, JSON, signatures, refusals as statuses. No business word appears here."""
