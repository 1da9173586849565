"""dialects: other people's payment APIs, spoken to the letter by the verbs of pay.

A shop that speaks one of them changes a URL and its keys, not its code. Translation only: what may
happen to money is decided below. Kept here are the keys, the numbers and what a shop said in a
dialect beside what pay knows, and the notices on their way to shops.
"""
