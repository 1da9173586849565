"""What the README claims, measured: replays of real orders, payments, ledger, soak. Run by make."""
