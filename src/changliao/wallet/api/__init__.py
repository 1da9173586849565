"""Wallets over HTTP, by noun: `wallets`, `mandates`."""
