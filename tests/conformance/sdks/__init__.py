"""The unmodified SDKs of other payment companies against our dialects."""
