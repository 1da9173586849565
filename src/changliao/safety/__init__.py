"""Safety: reports and what is decided about them, words that are not let through, one's own data, leaving.

Promise: a report keeps what was said as its reporter saw it; every decision is a fact with a reason, told to
whoever reported and to whom it concerns, who may appeal once. Everybody can take all that is theirs along,
and go for good, unless money or something that others need still hangs on them.
"""
