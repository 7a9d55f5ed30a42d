"""Rows that were deleted by mistake, found in a copy and brought back into the database that lost them.

`find.py` stages them in temporary tables, `judge.py` says what is in their way, `apply.py` puts them in: all in one
transaction of the database, which a plan rolls back.
"""
