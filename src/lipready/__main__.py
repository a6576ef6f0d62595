"""`python -m lipready`."""

from lipready.cli.app import main

if __name__ == "__main__":
    main()
