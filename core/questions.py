"""Queries of one value that are asked at every turn: made once, and asked again with other numbers.

Django writes the SQL of a query anew each time, which for an expression of many parts takes several
milliseconds where its answer takes one tenth.
"""

from __future__ import annotations

from typing import Any

from django.db import connection
from django.db.models import QuerySet


class Question:
    """A query for one value of one row, in which numbers that stand for others are found again and replaced."""

    def __init__(self, rows: QuerySet[Any, Any], **stand_ins: int):
        """Compile for the database in use; each stand-in must be a number that nothing else in it is."""
        self._sql, parameters = rows.query.sql_with_params()
        names = {number: name for name, number in stand_ins.items()}
        self._parameters = [(names.get(value), value) for value in parameters]

    def ask(self, **values: Any) -> Any:
        """Give the value, None when there is no such row."""
        filled = [values[name] if name else value for name, value in self._parameters]
        with connection.cursor() as cursor:
            cursor.execute(self._sql, filled)
            row = cursor.fetchone()
        return row[0] if row else None
