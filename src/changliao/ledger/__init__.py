"""Moves value between accounts: double entry and nothing else.

Promise: every transfer names two accounts of one currency and one mode, and takes from one exactly
what it gives to the other; balances change nowhere but here. Accounts that may not go below zero
never do. A hold can be posted in many parts until nothing remains. Transfers are never changed, are
numbered without a gap, and each committed group of them is one link of a SHA-256 chain.
"""
