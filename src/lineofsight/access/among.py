"""`Entry.objects.filter(pk__among=numbers)`: one array instead of so many parameters.

Also what keeps the planner on its index. A list that comes from another table under row security it takes for
dearer than reading every row there is; numbers that were looked up before leave it one way.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.models import Field, ForeignObject, Lookup


@ForeignObject.register_lookup
@Field.register_lookup
class Among(Lookup):
    lookup_name = "among"

    def get_prep_lookup(self) -> Sequence[int]:
        return list(self.rhs)

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:
        left, given = self.process_lhs(compiler, connection)
        return f"{left} = ANY(%s::bigint[])", (*given, self.rhs)
