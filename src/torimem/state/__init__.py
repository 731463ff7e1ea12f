"""The log, folded: which topics have a place on the torus, what glows, what is felt, what holds."""
