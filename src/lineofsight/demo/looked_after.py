"""Children in care, absences, care leavers, and who held the case, as the safeguarding dataset has them."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from lineofsight.demo.office import Setting, stamp


class LookedAfter:
    """The rows of care. Apart from the rows before it, which only some children go beyond."""

    def __init__(self, setting: Setting) -> None:
        self.setting = setting
        self.sheets = setting.sheets
        self._ids: dict[str, str] = {}

    def _id(self, kind: str, day: date) -> str:
        return f"{kind[0].upper()}{day:%y}{self.sheets.number(kind, day):06d}"

    def worker(self, name: str) -> str:
        return self._ids[name]

    def looked_after(
        self, case: str, referral: str, start: date, end: date | None, home: dict[str, str], *,
        reason: str = "S", change: str = "", ceased: str = "",
    ) -> str:  # fmt: skip
        """One episode of care with its placement. Gives the number of the looked-after record."""
        number, placement, care = self._id("episode", start), self._id("placement", start), f"L{case}"
        self.sheets.add(
            "ssd_cla_episodes",
            {
                "clae_cla_episode_id": number,
                "clae_person_id": case,
                "clae_cla_episode_start_date": stamp(start),
                "clae_cla_episode_start_reason": reason,
                "clae_cla_primary_need_code": "N1",
                "clae_cla_episode_ceased_date": stamp(end) if end else "",
                "clae_cla_episode_ceased_reason": ceased if end else "",
                "clae_cla_id": care,
                "clae_referral_id": referral,
                "clae_cla_placement_id": placement,
                "clae_entered_care_date": stamp(start),
            },
        )
        self.sheets.add(
            "ssd_cla_placement",
            {
                "clap_cla_placement_id": placement,
                "clap_cla_placement_start_date": stamp(start),
                "clap_cla_placement_type": home["type"],
                "clap_cla_placement_urn": home["urn"],
                "clap_cla_placement_distance": home["distance"],
                "clap_cla_id": care,
                "clap_cla_placement_provider": home["provider"],
                "clap_cla_placement_postcode": home["postcode"],
                "clap_cla_placement_end_date": stamp(end) if end else "",
                "clap_cla_placement_change_reason": change,
                "clap_person_id": case,
            },
        )
        return care

    def legal_status(self, case: str, code: str, start: date, end: date | None) -> None:
        self.sheets.add(
            "ssd_legal_status",
            {
                "lega_legal_status_id": self._id("legal", start),
                "lega_person_id": case,
                "lega_legal_status": code,
                "lega_legal_status_start_date": stamp(start),
                "lega_legal_status_end_date": stamp(end) if end else "",
            },
        )

    def care_visit(self, case: str, care: str, moment: datetime, *, seen: bool, alone: bool) -> None:
        self.sheets.add(
            "ssd_cla_visits",
            {
                "clav_cla_visit_id": self._id("visit", moment.date()),
                "clav_cla_id": care,
                "clav_person_id": case,
                "clav_cla_visit_date": stamp(moment),
                "clav_cla_visit_seen": "Y" if seen else "N",
                "clav_cla_visit_seen_alone": "Y" if alone else "N",
            },
        )

    def care_review(self, care: str, due: date, held: date, took_part: str) -> None:
        self.sheets.add(
            "ssd_cla_reviews",
            {
                "clar_cla_review_id": self._id("review", held),
                "clar_cla_id": care,
                "clar_cla_review_due_date": stamp(due),
                "clar_cla_review_date": stamp(held),
                "clar_cla_review_cancelled": "N",
                "clar_cla_review_participation": took_part,
            },
        )

    def missing(
        self, case: str, start: datetime, end: datetime | None, *, offered: str = "", accepted: str = "",
        kind: str = "M",
    ) -> str:  # fmt: skip
        number = self._id("missing", start.date())
        self.sheets.add(
            "ssd_missing",
            {
                "miss_table_id": number,
                "miss_person_id": case,
                "miss_missing_episode_start_date": stamp(start),
                "miss_missing_episode_type": kind,
                "miss_missing_episode_end_date": stamp(end) if end else "",
                "miss_missing_rhi_offered": offered,
                "miss_missing_rhi_accepted": accepted,
            },
        )
        return number

    def involvement(
        self,
        case: str,
        referral: str,
        worker: str,
        team: str,
        start: date,
        end: date | None,
        reason: str = "",
    ) -> None:
        self.sheets.add(
            "ssd_involvements",
            {
                "invo_involvements_id": self._id("worker", start),
                "invo_professional_id": self.worker(worker),
                "invo_professional_role_id": "Allocated Case Worker",
                "invo_professional_team": team,
                "invo_involvement_start_date": stamp(start),
                "invo_involvement_end_date": stamp(end) if end else "",
                "invo_worker_change_reason": reason,
                "invo_person_id": case,
                "invo_referral_id": referral,
            },
        )

    def care_leaver(self, case: str, day: date, adviser: str) -> None:
        self.sheets.add(
            "ssd_care_leavers",
            {
                "clea_table_id": f"V{case}",
                "clea_person_id": case,
                "clea_care_leaver_eligibility": "Former relevant",
                "clea_care_leaver_in_touch": "YES",
                "clea_care_leaver_latest_contact": stamp(day),
                "clea_care_leaver_accommodation": "D",
                "clea_care_leaver_accom_suitable": "1",
                "clea_care_leaver_activity": "G5",
                "clea_pathway_plan_review_date": stamp(day - timedelta(days=60)),
                "clea_care_leaver_personal_advisor": adviser,
                "clea_care_leaver_allocated_team": "T06",
                "clea_care_leaver_worker_id": self.worker(adviser),
            },
        )
