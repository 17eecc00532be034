"""The oracle: every KPI computed from the truth of a simulated company, in the most obvious way.

Written from the definitions page alone. It shares no code with the models or with `src/nines`, asks
no database, and prefers a plain loop to a clever one: where it and the pipeline differ, one of them
departs from a definition.
"""
