"""Entrances: places in the app that open a partner one tap deep.

A person sees the entrances of one place, edition and share of people, always the same ones. Opening one
is a launch: a code that works once, for a minute, and only with the key of the app that is opened. The
partner's server trades it for a signed statement of who came, by a pseudonym that no other partner knows.
What a partner learns beyond that, the person has agreed to, scope by scope, and may take back.
"""
