#!/usr/bin/env python3
"""Make the test media in fixtures/made/ from fixtures/recipes.toml: what is there and current is left alone.

usage: make_fixtures.py [--list] [NAME ...]
"""

import argparse
import sys
import time

from studio.make import is_current, make
from studio.recipe import FixtureError, recipes


def main() -> int:
    """Make what is asked for and say what was done."""
    parser = argparse.ArgumentParser(description="Make the test media in fixtures/made/ from fixtures/recipes.toml.")
    parser.add_argument("names", nargs="*", metavar="NAME", help="a fixture to make (default: all of them)")
    parser.add_argument("--list", action="store_true", help="list the fixtures and whether each is current")
    arguments = parser.parse_args()
    if arguments.list:
        for name in recipes():
            print(f"{name:<16} {'current' if is_current(name) else 'to be made'}")
        return 0
    missing = [name for name in arguments.names or recipes() if name in recipes() and not is_current(name)]
    start = time.perf_counter()
    try:
        paths = make(arguments.names)
    except FixtureError as error:
        print(f"make_fixtures: {error}", file=sys.stderr)
        return 1
    folder = next(iter(paths.values())).parent
    if missing:
        print(f"Made {len(missing)} of {len(paths)} fixtures in {time.perf_counter() - start:.1f} s: {folder}")
    else:
        print(f"All {len(paths)} fixtures are there and current: {folder}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
