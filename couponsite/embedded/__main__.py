"""`python -m couponsite.embedded start|stop|status`: the embedded servers of VAR_DIR (var/ by default)."""

import argparse
import sys

from couponsite.embedded import paths, services
from couponsite.embedded.errors import EmbeddedServerError


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m couponsite.embedded", description=__doc__)
    parser.add_argument("action", choices=["start", "stop", "status"])
    action = parser.parse_args().action
    var_dir = paths.var_dir()
    try:
        if action == "start":
            services.start_missing(var_dir)
        elif action == "stop":
            services.stop_all(var_dir)
    except EmbeddedServerError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    for name, state in services.status(var_dir).items():
        sys.stdout.write(f"{name}: {state}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
