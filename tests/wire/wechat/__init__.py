"""WeChat Pay APIv3, spoken by a running server: by hand, and by an SDK that knows nothing of us."""
