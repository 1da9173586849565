"""Who follows the outbox in every installation: rooms learn of higher and later things by facts alone."""

from changliao.accounts import service as accounts
from changliao.app import avatars
from changliao.app.made import app_of, receipt_of
from changliao.bots import service as bots
from changliao.bus.outbox import Cares, Heard
from changliao.chat import service as chat
from changliao.entrances import service as entrances
from changliao.partners import service as partners
from changliao.pay import service as pay
from changliao.safety import service as safety
from changliao.wallet import service as wallet

FOLLOWERS: tuple[tuple[str, Heard], ...] = (
    ("partners", partners.plan_deliveries),
    ("partners.people", partners.hear_people),
    ("chat", chat.hear_people),
    ("chat.receipts", chat.hear_payments(receipt_of)),
    ("accounts", accounts.hear_talks),
    ("accounts.people", accounts.hear_people),
    ("bots", bots.hear_chat(app_of)),
    ("wallet", wallet.hear_rails),
    ("wallet.people", wallet.hear_people),
    ("pay", pay.hear_rails),
    ("entrances", entrances.hear_people),
    ("avatars", avatars.hear_people),
    ("safety", safety.hear_chat),
)
"""By the name of each one's cursor."""

CARES: dict[str, Cares] = {"bots": bots.carer(app_of)}
"""What followers that seldom care look at first, outside the lane."""
