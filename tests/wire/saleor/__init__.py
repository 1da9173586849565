"""Changliao as a Saleor app, by requests made of Saleor's published schema."""
