"""Saleor's amounts are decimals of the currency; ours are whole minor units. Exact both ways."""

from decimal import Decimal

from changliao.dialects.api.saleor.refusals import AmountTooPrecise
from changliao.kernel.money import AMOUNT_MAX, DIGITS
from changliao.ledger.model import AmountNotPositive, AmountTooLarge, CurrencyUnknown

_DIGITS_MAX = 40


def minor(amount: Decimal, currency: str) -> int:
    """The amount in minor units, from 0. Nothing is ever rounded: what does not fit is refused."""
    places = DIGITS.get(currency)
    if places is None:
        raise CurrencyUnknown(field="currency")
    sign, figures, exponent = amount.as_tuple()
    if not isinstance(exponent, int) or (sign and any(figures)):
        raise AmountNotPositive(field="amount")
    if len(figures) > _DIGITS_MAX or exponent > _DIGITS_MAX:
        raise AmountTooLarge(field="amount")
    whole: int = int("".join(map(str, figures)))
    shift = exponent + places
    if shift < 0:
        # So many decimals cannot end in zeroes alone when there are fewer figures than that.
        unit: int = 10 ** min(-shift, 2 * _DIGITS_MAX)
        if whole % unit:
            raise AmountTooPrecise(field="amount")
        whole //= unit
    else:
        whole *= int(10**shift)
    if whole > AMOUNT_MAX:
        raise AmountTooLarge(field="amount")
    return whole


def above_zero(amount: Decimal, currency: str) -> int:
    """`minor`, and 0 is refused: to our own verbs it means all that is left."""
    found = minor(amount, currency)
    if found == 0:
        raise AmountNotPositive(field="amount")
    return found


def decimal(amount_minor: int, currency: str) -> Decimal:
    """The amount with the decimals of its currency."""
    return Decimal(amount_minor).scaleb(-DIGITS[currency])
