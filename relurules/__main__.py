"""`python -m relurules` and the `relurules` command."""

import gc
import sys

#: Allocations between collections: what a command loads and reads lives until its end, so that to
#: look through it every 700 finds nothing.
_ALLOCATIONS = 50_000


def main() -> None:
    """Run the command line on sys.argv and exit with its code."""
    gc.set_threshold(_ALLOCATIONS)
    try:
        from relurules.cli.main import run

        code = run(sys.argv[1:])
    except KeyboardInterrupt:  # before a command had begun
        sys.stderr.write("interrupted\n")
        code = 130
    sys.exit(code)


if __name__ == "__main__":
    main()
