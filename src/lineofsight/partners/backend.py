"""Who a password or a session belongs to. Asked on every request, so what is suspended is out at once."""

from __future__ import annotations

from django.contrib.auth.backends import ModelBackend

from lineofsight.partners.models import Worker


class WorkerBackend(ModelBackend):
    def user_can_authenticate(self, user: Worker | None) -> bool:  # type: ignore[override]
        return (
            user is not None and user.is_active and not user.has_ended() and user.agency.suspended_at is None
        )

    def get_user(self, user_id: int) -> Worker | None:
        found = Worker.objects.select_related("agency", "team").filter(pk=user_id).first()
        return found if self.user_can_authenticate(found) else None
