"""What exports are measured against: each format as others make it, over the same query.

These run in the competitors' own environment (bench/environment.py) and import nothing of the
product. Each module is called as `python -m bench.rivals.MODULE WAY TASK FILE` and prints its
seconds, from after its imports to the closed file.
"""
