"""Real programs of Encours are killed while they send; then what happened is counted."""
