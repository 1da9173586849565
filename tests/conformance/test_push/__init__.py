"""One suite for every way to a device."""
