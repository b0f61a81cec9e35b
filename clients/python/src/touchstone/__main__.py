"""``touchstone sync DIR``, or ``python -m touchstone sync DIR``."""

import argparse
import logging
import sys

from touchstone.sync import sync


def main(arguments: list[str] | None = None) -> int:
    """0: all is sent; 1: something is left or was refused; 2: that is no command."""
    parser = argparse.ArgumentParser(prog="touchstone", description="The training side of Touchstone.")
    commands = parser.add_subparsers(dest="command", required=True)
    command = commands.add_parser("sync", help="send what runs could not send")
    command.add_argument("directory", metavar="DIR", help="a spool, or one run's part of it")
    command.add_argument(
        "--bootstrap",
        help="Kafka's brokers; else $TOUCHSTONE_BOOTSTRAP, else those that the run was meant for",
    )
    command.add_argument(
        "--timeout", type=float, default=30.0, help="seconds without progress before it gives up"
    )
    command.add_argument(
        "--kafka", action="append", default=[], metavar="KEY=VALUE", help="a librdkafka setting"
    )
    asked = parser.parse_args(arguments)
    logging.basicConfig(format="%(message)s", stream=sys.stderr)
    for setting in asked.kafka:
        if "=" not in setting:
            parser.error(f"--kafka must be KEY=VALUE, got {setting}")
    kafka = dict(setting.split("=", 1) for setting in asked.kafka)
    try:
        synced = sync(asked.directory, asked.bootstrap, asked.timeout, kafka)
    except OSError as e:
        print(f"touchstone: {e}", file=sys.stderr)
        return 1
    for one in synced:
        print(f"{one.directory}: {one.counts.sent} messages sent, {one.files_left} files left")
    if not synced:
        print("nothing to send")
    return int(any(one.files_left or one.counts.reasons for one in synced))


if __name__ == "__main__":
    sys.exit(main())
