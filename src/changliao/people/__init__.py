"""Who is asking: persons, their passwords and payment PINs, and where they are signed in.

Promise: a password is never kept, only its argon2id hash; a PIN only as a keyed digest; a session
only as the hash of its token. Wrong PINs are counted even though the answer is a refusal.
"""
