"""Run the command line as `python -m nines`."""

from nines.cli import main

if __name__ == "__main__":
    main()
