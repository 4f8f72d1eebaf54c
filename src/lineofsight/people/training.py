"""Deeds about the model itself: learn its figures from the records here, approve them, go back.

Learnt figures join nothing until a person whose name is kept has approved them. The shipped ones stand
until then, and again when a person retires what was approved.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.db import transaction
from django.utils import timezone

from lineofsight.access.actor import Actor
from lineofsight.access.deeds import deed
from lineofsight.access.policy import Permission
from lineofsight.catalogue.errors import NotFound, Refused
from lineofsight.catalogue.matching import model_text
from lineofsight.people import card, foreseeing, joining, learning, services
from lineofsight.people.matching import Model
from lineofsight.people.models import LearntModel


@dataclass(frozen=True, slots=True)
class Training:
    """What a training came to, with the figures it would replace."""

    version: str
    replaces: str
    records: int
    candidates: int
    pairs_at_one_address: int
    pairs_of_one_person: int
    approved: bool = False


@deed(Permission.MATCH_RUN)
def learn_model(*, by: Actor) -> Training:
    """Learn figures from all records here and keep them for approval. Changes nothing about who is who."""
    services.hold_the_lock()
    joining.count_names()
    now, using, counts = timezone.now(), joining.model(), joining.frequencies()
    version = f"{now:%Y-%m-%d}.{LearntModel.objects.filter(made_at__date=now.date()).count() + 1}"
    learnt = learning.learn(joining.all_profiles(), using, counts, version=version)
    foreseen = foreseeing.foresee(joining.all_profiles, Model(learnt.figures), counts)
    LearntModel.objects.create(
        version=version, figures=model_text(learnt.figures), card=card.of(learnt, using.figures, foreseen),
        made_at=now, made_by=by.name,
    )  # fmt: skip
    return Training(
        version=version,
        replaces=using.version,
        records=learnt.records,
        candidates=learnt.candidates,
        pairs_at_one_address=learnt.silver_pairs,
        pairs_of_one_person=round(learnt.one_person),
    )


@deed(Permission.MATCH_RUN)
def approve_model(*, version: str, name: str, by: Actor) -> LearntModel:
    """From the next whole run on, these figures join records. `name` is the person who answers for it."""
    if not name.strip():
        raise Refused("Say who approves: the name of the person who has looked at the card.", field="name")
    model = learnt(version)
    if model.retired_at is not None:
        raise Refused(f"Model {version} was retired by {model.retired_by}. Learn again.", field="version")
    LearntModel.objects.filter(approved_at__isnull=False, retired_at=None).exclude(pk=model.pk).update(
        retired_at=timezone.now(), retired_by=name.strip()
    )
    model.approved_at, model.approved_by = timezone.now(), name.strip()
    model.save(update_fields=["approved_at", "approved_by"])
    return model


@deed(Permission.MATCH_RUN)
def retire_model(*, version: str, name: str, by: Actor) -> LearntModel:
    """Back to the shipped figures, from the next whole run on."""
    model = learnt(version)
    if model.approved_at is None or model.retired_at is not None:
        raise Refused(f"Model {version} is not in force.", field="version")
    with transaction.atomic():
        model.retired_at, model.retired_by = timezone.now(), name.strip() or by.name
        model.save(update_fields=["retired_at", "retired_by"])
    return model


def learnt(version: str) -> LearntModel:
    found = LearntModel.objects.filter(version=version).first()
    if found is None:
        known = ", ".join(LearntModel.objects.order_by("id").values_list("version", flat=True)) or "none yet"
        raise NotFound(f"There is no learnt model {version}. Known: {known}.")
    return found
