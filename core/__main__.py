"""`python -m core`: see `core.commands`."""

from core.commands import main

if __name__ == "__main__":
    main(prog_name="python -m core")
