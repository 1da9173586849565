"""A person's money: balances per currency, top-ups, mandates.

Promise: a wallet never goes below zero; play money and real money are different wallets that never
meet; within a mandate a shop may confirm a payment itself, and never beyond it.
"""
