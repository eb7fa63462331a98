"""What the screens show of a run, folded from its directory; nothing here knows Textual."""
