"""Steps, masks, composition, recovery and the choice of the amount."""
