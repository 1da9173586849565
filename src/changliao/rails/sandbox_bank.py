"""The sandbox bank: fills play wallets. Loudly play money; exists in test mode alone."""

from collections.abc import Callable

from changliao.rails.sandbox import Sandbox


def sandbox_bank(clock: Callable[[], int], *, delay_s: float = 1) -> Sandbox:
    """A bank transfer that is answered later, perhaps twice, perhaps with `unknown` (see sandbox.py)."""
    return Sandbox("sandbox_bank", "bank", clock, delay_s=delay_s, top_up=True)
