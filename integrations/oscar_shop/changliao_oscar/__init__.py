"""Changliao Pay for django-oscar: a redirect to the cashier, orders placed by what the API says,
webhooks, refunds. A shop takes it by its settings alone; see docs/integrations/oscar.md."""
