"""One suite for every store of blobs."""
