"""`python -m relurules` and the `relurules` command."""

import sys


def main() -> None:
    """Run the command line on sys.argv and exit with its code."""
    from relurules.cli import run

    sys.exit(run(sys.argv[1:]))


if __name__ == "__main__":
    main()
