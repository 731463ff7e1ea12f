"""Language models: where one is, how it is asked, how its failure reads in one line."""
