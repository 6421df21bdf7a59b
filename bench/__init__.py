"""How fast exports are made, how much memory they take, and how late schedules run. `python -m
bench`."""
