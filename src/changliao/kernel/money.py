"""Money is a whole number of minor units and an ISO 4217 currency. No float comes near it."""

from collections.abc import Sequence

from changliao.kernel.value import Value

# ISO 4217 list one, 2026-01-01: digits after the point -> currencies.
_BY_DIGITS = {
    0: ("BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF "),
    2: (
        "AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BOV BRL BSD BTN BWP BYN "
        "BZD CAD CDF CHE CHF CHW CNY COP COU CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD "
        "FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW "
        "KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MXV MYR "
        "MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG "
        "SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD "
        "USN UYU UZS VED VES WST XAD XCD XCG YER ZAR ZMW ZWG "
    ),
    3: ("BHD IQD JOD KWD LYD OMR TND "),
    4: ("CLF UYW "),
}
DIGITS = {code: digits for digits, codes in _BY_DIGITS.items() for code in codes.split()}

AMOUNT_MAX = (
    2**53 - 1
)  # The largest integer that every JSON reader keeps exactly (RFC 8259 section 6).


class Money(Value, frozen=True):
    """An amount in minor units (fen, cents) of one currency."""

    minor: int
    currency: str


def split(minor: int, weights: Sequence[int]) -> list[int]:
    """Share a whole number by weights; the parts always sum to the whole.

    Largest remainder (Hamilton): each gets its floor, what is left goes one by one to the largest
    fractions, earlier places first among equals. Weights are not negative and not all zero.
    """
    total = sum(weights)
    assert minor >= 0 and total > 0 and min(weights) >= 0
    shares = [minor * weight // total for weight in weights]
    by_fraction = sorted(range(len(weights)), key=lambda i: (-(minor * weights[i] % total), i))
    for place in by_fraction[: minor - sum(shares)]:
        shares[place] += 1
    return shares


def shown(minor: int, currency: str) -> str:
    """The amount as plain decimal text, e.g. `12.50 CNY`, for receipts and terminals."""
    digits = DIGITS[currency]
    sign, whole = ("-", -minor) if minor < 0 else ("", minor)
    if digits == 0:
        return f"{sign}{whole:,} {currency}"
    return f"{sign}{whole // 10**digits:,}.{whole % 10**digits:0{digits}d} {currency}"
