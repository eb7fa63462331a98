"""`python -m vitac_tui` is `vitac-tui`."""

from vitac_tui.cli import entry

if __name__ == "__main__":
    entry()
