"""The pages a traveller and an agent look at."""
