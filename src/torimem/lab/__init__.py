"""What is measured: how well it recalls and reads (`evals`), what it takes in time and bytes (`bench`)."""
