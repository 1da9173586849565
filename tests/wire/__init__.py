"""The edge: everything through HTTP, in process, as shops and people would call it."""
