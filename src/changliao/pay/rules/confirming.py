"""What a passkey signs when a person pays: the payment, the amount and who is paid."""

from collections.abc import Sequence

import msgspec

from changliao.pay.model import Combined, Payment


def worth_confirming(asked: Payment | Combined, parts: Sequence[Payment] = ()) -> str:
    """All that must be as it was when the person was asked, as one text; of a combination each part, too.
    An answer to a challenge about it is worth nothing for anything else."""
    shares = [(part.id, part.app_id, part.amount) for part in parts]
    what = ("pay", asked.id, asked.mode, asked.app_id, asked.amount, asked.currency, shares)
    return msgspec.json.encode(what).decode()
