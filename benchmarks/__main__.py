"""Everything the README claims, one script after the other; what is given goes to each (`--quick`)."""

import subprocess
import sys

SCRIPTS = ("replay", "ledger", "pay", "dialects", "onboarding", "search", "chat", "soak")


def main() -> int:
    """Run them all, whatever one of them says; 1 when one of them was not content."""
    ended = []
    for name in SCRIPTS:
        print(f"\n== benchmarks.{name}", flush=True)
        ended.append(subprocess.call([sys.executable, "-m", f"benchmarks.{name}", *sys.argv[1:]]))
    return 1 if any(ended) else 0


if __name__ == "__main__":
    sys.exit(main())
