"""A person pays a shop and gets it back: payments, holds, refunds, methods.

Promise: a payment moves only along the drawn arrows (docs/money.md); one shop's order number is one
payment for ever; what is captured never exceeds what was authorised, nor refunds what was captured;
a payment in doubt stays `processing` until the doubt is gone.
"""
