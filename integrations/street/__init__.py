"""The shops of the demo's street: outside processes that know Changliao by HTTP and SDKs alone."""
