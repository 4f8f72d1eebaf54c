"""Who a password or a session belongs to. Asked on every request, so what is suspended is out at once."""

from __future__ import annotations

from django.contrib.auth.backends import ModelBackend
from django.db.models import Exists, OuterRef

from lineofsight.partners.models import SecondFactor, Worker


class WorkerBackend(ModelBackend):
    def user_can_authenticate(self, user: Worker | None) -> bool:  # type: ignore[override]
        return (
            user is not None and user.is_active and not user.has_ended() and user.agency.suspended_at is None
        )

    def get_user(self, user_id: int) -> Worker | None:
        # All that `Worker.actor` asks of every request, in one query.
        rows = Worker.objects.select_related("agency", "team", "home")
        found = (
            rows.annotate(any_factor=Exists(SecondFactor.objects.filter(worker=OuterRef("pk"))))
            .filter(pk=user_id)
            .first()
        )
        return found if self.user_can_authenticate(found) else None
