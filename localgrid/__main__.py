"""python -m localgrid: a local SendGrid without anything else."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from localgrid.server import serve
from localgrid.settings import SCOPES, Account, Settings


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m localgrid", description="A local SendGrid.")
    parser.add_argument("--data", type=Path, default=Path("localgrid-data"), help="folder for mails, events and keys")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8026, help="0 takes a free one")
    parser.add_argument("--api-key", default="SG.local", help="the bearer token it accepts")
    parser.add_argument("--events-url", help="where to post signed events")
    parser.add_argument("--sender", action="append", default=[], help="a verified address or domain; default: any")
    parser.add_argument("--pending", action="append", default=[], help="an address or domain not verified yet")
    parser.add_argument("--scope", action="append", default=[], help="what the key may do; default: everything")
    parser.add_argument("--log-lag", type=float, default=0.0, help="seconds until /v3/logs shows a message")
    parser.add_argument("--rate-limit", type=int, default=600, help="requests a minute, but for mail/send")
    parser.add_argument("--fsync", action="store_true", help="survive a power cut, not only a kill")
    parser.add_argument("--fast", action="store_true", help="only count recipients, for benchmarks")
    given = vars(parser.parse_args())
    senders, pending, scopes = (tuple(given.pop(name)) for name in ("sender", "pending", "scope"))
    account = Account(senders, pending, scopes or SCOPES)
    try:
        serve(Settings(**given, account=account))
    except OSError as error:
        sys.exit(f"localgrid cannot start ({error.strerror}); choose another --port or --data.")


if __name__ == "__main__":
    main()
