"""How fast and how near to float64 a field is, beside the ways people would compute it otherwise."""
