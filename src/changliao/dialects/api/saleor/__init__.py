"""Saleor's payment webhooks: Changliao as a Saleor app."""
