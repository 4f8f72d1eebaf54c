"""Children's social care: the person cross-walk and the tables of the standard safeguarding dataset."""

from __future__ import annotations

import json
from datetime import date, datetime, timedelta
from random import Random

from lineofsight.demo.city import Address
from lineofsight.demo.families import Person
from lineofsight.demo.looked_after import LookedAfter
from lineofsight.demo.office import Setting, british, stamp
from lineofsight.demo.recording import Written

#: Referral and contact sources of the children in need census (England), code to words.
SOURCES = {
    "1A": "Individual - Family member/relative/carer",
    "1C": "Individual - Self",
    "1D": "Individual - Other",
    "2A": "Schools",
    "3A": "Health services - GP",
    "3B": "Health services - Health Visitor",
    "3E": "Health services - A&E (Emergency Department)",
    "4": "Housing",
    "5B": "LA services - Other internal",
    "5D": "LA services - Early help",
    "6": "Police",
    "8": "Other - including children's centres, voluntary agencies",
}

_WORKER_CHANGE = ("MANAGE", "LEFTRL", "ABSENC", "TSPROC", "ORGRST", "OTHERS")


class SocialCare(LookedAfter):
    def __init__(self, setting: Setting) -> None:
        super().__init__(setting)
        facts = setting.city.facts
        self.teams = facts["teams"]
        self.workers: list[str] = facts["social_workers"]
        self._staff = (
            [(name, "Social Worker") for name in self.workers]
            + [(name, "Team Manager") for name in facts["managers"]]
            + [(name, "Independent Reviewing Officer") for name in facts["reviewing_officers"]]
            + [(name, "Personal Adviser") for name in facts["advisers"]]
        )
        self._ids = {name: f"P{100 + place}" for place, (name, _) in enumerate(self._staff)}
        self.homes = facts["homes"]

    def staff(self) -> None:
        """Departments and workers, once."""
        for team in self.teams:
            self.sheets.add(
                "ssd_department",
                {
                    "dept_team_id": team["id"],
                    "dept_team_name": team["name"],
                    "dept_team_parent_id": "D1",
                    "dept_team_parent_name": "Children and Families",
                },
            )
        for place, (name, title) in enumerate(self._staff):
            self.sheets.add(
                "ssd_professionals",
                {
                    "prof_professional_id": self._ids[name],
                    "prof_staff_id": f"E{5200 + place * 17}",
                    "prof_professional_name": name,
                    "prof_social_worker_registration_no": f"SW99{1200 + place * 31}"
                    if "Adv" not in title
                    else "",
                    "prof_professional_job_title": title,
                    "prof_professional_caseload": str(14 + place * 5 % 13)
                    if title == "Social Worker"
                    else "",
                    "prof_professional_department": self.teams[place % len(self.teams)]["name"],
                    "prof_full_time_equivalency": "1.0" if place % 4 else "0.6",
                    "prof_agency_worker_flag": "Y" if place % 5 == 2 else "N",
                },
            )

    def register(
        self,
        person: Person,
        *,
        worker: str = "",
        team: str = "",
        written: Written | None = None,
        preferred: str = "",
        addresses: list[tuple[Address, date, date | None]] | None = None,
    ) -> str:
        """The person becomes known to social care. Gives the case number."""
        case = person.case
        seen = written or self.setting.written(person, "csc")
        self.sheets.know("csc", "csc_case", case, person.number)
        self.sheets.add(
            "crosswalk",
            {
                "case_id": case,
                "surname": seen.surname,
                "forenames": seen.forenames,
                "preferred_name": preferred,
                "former_surname": person.former_family,
                "alias": person.alias,
                "dob": british(seen.born),
                "sex": person.sex,
                "nhs_number": seen.nhs,
                "upn": seen.upn,
                "address": seen.address,
                "postcode": seen.postcode,
                "phone": seen.phone,
                "school": person.school.name if person.school else "",
                "gp": person.gp,
                "team": team,
                "worker": worker,
            },
        )
        self.sheets.add(
            "ssd_person",
            {
                "pers_person_id": case,
                "pers_forename": seen.forenames,
                "pers_surname": seen.surname,
                "pers_sex": person.sex,
                "pers_gender": person.sex,
                "pers_ethnicity": person.tradition.main_ethnicity,
                "pers_dob": stamp(seen.born),
                "pers_common_child_id": seen.nhs,
                "pers_upn_unknown": "" if seen.upn or person.age > 18 else "UN3",
                "pers_send_flag": "Y" if person.number % 6 == 0 else "N",
                "pers_is_mother": "Y" if person.role == "mother" else "",
            },
        )
        for address, start, end in addresses or self._addresses(person):
            self.address(case, address, start, end)
        self.sheets.add(
            "ssd_family",
            {
                "fami_table_id": f"F{case}",
                "fami_family_id": f"FAM{200_000 + person.household * 3}",
                "fami_person_id": case,
            },
        )
        if seen.upn and person.is_child:
            self.sheets.add(
                "ssd_send", {"send_table_id": f"S{case}", "send_upn": seen.upn, "send_person_id": case}
            )
        return case

    @staticmethod
    def _addresses(person: Person) -> list[tuple[Address, date, date | None]]:
        if person.old_address and person.moved_on:
            begin = max(person.born, person.moved_on - timedelta(days=1_500))
            return [(person.old_address, begin, person.moved_on), (person.address, person.moved_on, None)]
        return [(person.address, person.born + timedelta(days=person.number % 900), None)]

    def address(self, case: str, address: Address, start: date, end: date | None, kind: str = "HOME") -> None:
        parts = {
            "ROOM": "",
            "FLOOR": "",
            "FLAT": "",
            "BUILDING": "",
            "HOUSE": address.number,
            "STREET": address.street,
            "TOWN": "Northshore",
            "UPRN": address.uprn,
        }
        self.sheets.add(
            "ssd_address",
            {
                "addr_table_id": self._id("address", start) + case[-4:],
                "addr_address_json": json.dumps(parts),
                "addr_person_id": case,
                "addr_address_type": kind,
                "addr_address_start_date": stamp(start),
                "addr_address_end_date": stamp(end) if end else "",
                "addr_address_postcode": address.postcode,
            },
        )

    def contact(self, case: str, moment: datetime | date, source: str, outcome: str) -> None:
        flags = {"NEW_REFERRAL": "N", "EXISTING_REFERRAL": "N", "ADVICE": "N", "EARLY_HELP": "N", "NFA": "N"}
        flags[outcome] = "Y"
        day = moment.date() if isinstance(moment, datetime) else moment
        self.sheets.add(
            "ssd_contacts",
            {
                "cont_contact_id": self._id("contact", day),
                "cont_person_id": case,
                "cont_contact_date": stamp(moment),
                "cont_contact_source_code": source,
                "cont_contact_source_desc": SOURCES.get(source, ""),
                "cont_contact_outcome_json": json.dumps(flags),
            },
        )

    def referral(
        self, case: str, day: date, source: str, worker: str, *, nfa: bool = False, closed: date | None = None
    ) -> str:
        number = self._id("referral", day)
        self.sheets.add(
            "ssd_cin_episodes",
            {
                "cine_referral_id": number,
                "cine_person_id": case,
                "cine_referral_date": stamp(day),
                "cine_cin_primary_need_code": "N1" if not nfa else "N5",
                "cine_referral_source_code": source,
                "cine_referral_source_desc": SOURCES.get(source, ""),
                "cine_referral_outcome_json": json.dumps(
                    {"SINGLE_ASSESSMENT_FLAG": "N" if nfa else "Y", "NFA_FLAG": "Y" if nfa else "N"}
                ),
                "cine_referral_nfa": "Y" if nfa else "N",
                "cine_close_reason": ("RC8" if nfa else "RC7") if closed else "",
                "cine_close_date": stamp(closed) if closed else "",
                "cine_referral_team": "T01",
                "cine_referral_worker_id": self.worker(worker),
            },
        )
        return number

    def assessment(
        self,
        case: str,
        referral: str,
        start: date,
        end: date,
        worker: str,
        factors: list[str],
        *,
        seen: str = "Y",
    ) -> None:
        number = self._id("assessment", start)
        self.sheets.add(
            "ssd_cin_assessments",
            {
                "cina_assessment_id": number,
                "cina_person_id": case,
                "cina_referral_id": referral,
                "cina_assessment_start_date": stamp(start),
                "cina_assessment_child_seen": seen,
                "cina_assessment_auth_date": stamp(end),
                "cina_assessment_outcome_json": json.dumps({"OUTCOME_CONTINUE_CIN": "Y" if factors else "N"}),
                "cina_assessment_outcome_nfa": "N" if factors else "Y",
                "cina_assessment_team": "T01",
                "cina_assessment_worker_id": self.worker(worker),
            },
        )
        if factors:
            self.sheets.add(
                "ssd_assessment_factors",
                {
                    "cinf_table_id": f"F{number}",
                    "cinf_assessment_id": number,
                    "cinf_assessment_factors_json": json.dumps(factors),
                },
            )

    def section_47(self, case: str, referral: str, start: date, worker: str, *, conference: bool) -> str:
        number = self._id("s47", start)
        self.sheets.add(
            "ssd_s47_enquiry",
            {
                "s47e_s47_enquiry_id": number,
                "s47e_referral_id": referral,
                "s47e_person_id": case,
                "s47e_s47_start_date": stamp(start),
                "s47e_s47_end_date": stamp(start + timedelta(days=10)),
                "s47e_s47_nfa": "N",
                "s47e_s47_outcome_json": json.dumps(
                    {
                        "OUTCOME_CP_CONFERENCE": "Y" if conference else "N",
                        "OUTCOME_CONTINUE_CIN": "N" if conference else "Y",
                    }
                ),
                "s47e_s47_completed_by_worker_id": self.worker(worker),
                "s47e_s47_completed_by_team": "T01",
            },
        )
        return number

    def protection_plan(
        self,
        case: str,
        referral: str,
        enquiry: str,
        held: date,
        worker: str,
        *,
        category: str,
        end: date | None = None,
    ) -> str:
        """The initial conference and the plan that it makes."""
        conference, plan = self._id("icpc", held), self._id("plan", held)
        self.sheets.add(
            "ssd_initial_cp_conference",
            {
                "icpc_icpc_id": conference,
                "icpc_icpc_meeting_id": f"M{conference}",
                "icpc_s47_enquiry_id": enquiry,
                "icpc_person_id": case,
                "icpc_cp_plan_id": plan,
                "icpc_referral_id": referral,
                "icpc_icpc_transfer_in": "N",
                "icpc_icpc_target_date": stamp(held),
                "icpc_icpc_date": stamp(held),
                "icpc_icpc_outcome_cp_flag": "Y",
                "icpc_icpc_outcome_json": json.dumps({"OUTCOME_CP_PLAN": "Y"}),
                "icpc_icpc_team": "T07",
                "icpc_icpc_worker_id": self.worker(worker),
            },
        )
        self.sheets.add(
            "ssd_cp_plans",
            {
                "cppl_cp_plan_id": plan,
                "cppl_referral_id": referral,
                "cppl_icpc_id": conference,
                "cppl_person_id": case,
                "cppl_cp_plan_start_date": stamp(held),
                "cppl_cp_plan_end_date": stamp(end) if end else "",
                "cppl_cp_plan_initial_category": category,
                "cppl_cp_plan_ola": "N",
                "cppl_cp_plan_latest_category": category,
            },
        )
        return plan

    def plan_review(
        self, case: str, plan: str, due: date, held: date, *, spoke: str, go_on: bool = True
    ) -> None:
        number = self._id("review", held)
        self.sheets.add(
            "ssd_cp_reviews",
            {
                "cppr_cp_review_id": number,
                "cppr_person_id": case,
                "cppr_cp_plan_id": plan,
                "cppr_cp_review_due": stamp(due),
                "cppr_cp_review_date": stamp(held),
                "cppr_cp_review_meeting_id": f"M{number}",
                "cppr_cp_review_outcome_continue_cp": "Y" if go_on else "N",
                "cppr_cp_review_quorate": "Y",
                "cppr_cp_review_participation": spoke,
            },
        )

    def plan_visit(self, case: str, plan: str, moment: datetime, *, seen: bool, alone: bool) -> None:
        self.sheets.add(
            "ssd_cp_visits",
            {
                "cppv_cp_visit_id": self._id("visit", moment.date()),
                "cppv_person_id": case,
                "cppv_cp_plan_id": plan,
                "cppv_cp_visit_date": stamp(moment),
                "cppv_cp_visit_seen": "Y" if seen else "N",
                "cppv_cp_visit_seen_alone": "Y" if alone else "N",
                "cppv_cp_visit_bedroom": "Y" if seen and moment.day % 3 == 0 else "N",
            },
        )

    def need_plan(self, case: str, referral: str, start: date, end: date | None, worker: str) -> None:
        self.sheets.add(
            "ssd_cin_plans",
            {
                "cinp_cin_plan_id": self._id("need", start),
                "cinp_referral_id": referral,
                "cinp_person_id": case,
                "cinp_cin_plan_start_date": stamp(start),
                "cinp_cin_plan_end_date": stamp(end) if end else "",
                "cinp_cin_plan_team": "T02",
                "cinp_cin_plan_worker_id": self.worker(worker),
            },
        )

    def need_visit(self, case: str, moment: datetime, *, seen: bool, alone: bool) -> None:
        self.sheets.add(
            "ssd_cin_visits",
            {
                "cinv_cin_visit_id": self._id("visit", moment.date()),
                "cinv_person_id": case,
                "cinv_cin_visit_date": stamp(moment),
                "cinv_cin_visit_seen": "Y" if seen else "N",
                "cinv_cin_visit_seen_alone": "Y" if alone else "N",
                "cinv_cin_visit_bedroom": "N",
            },
        )

    def workers_over_time(
        self,
        case: str,
        referral: str,
        start: date,
        team: str,
        rng: Random,
        *,
        months: tuple[int, int] = (3, 11),
    ) -> str:
        """One worker after the other up to today. Gives the name of the present one."""
        day, names = start, rng.sample(self.workers, 8)
        for name in names:
            until = day + timedelta(days=rng.randint(*months) * 30)
            last = until >= self.setting.today or name == names[-1]
            self.involvement(
                case,
                referral,
                name,
                team,
                day,
                None if last else until,
                "" if last else rng.choice(_WORKER_CHANGE),
            )
            if last:
                return name
            day = until + timedelta(days=rng.choice([0, 0, 1, 6, 17]))
            if day >= self.setting.today:
                return name
        return names[-1]

    def early_help(self, case: str, start: date, end: date | None, worker: str) -> None:
        self.sheets.add(
            "ssd_early_help_episodes",
            {
                "earl_episode_id": self._id("early", start),
                "earl_person_id": case,
                "earl_episode_start_date": stamp(start),
                "earl_episode_end_date": stamp(end) if end else "",
                "earl_episode_reason": "Family support",
                "earl_episode_end_reason": "Needs met" if end else "",
                "earl_episode_organisation": "Northshore Early Help",
                "earl_episode_worker_id": self.worker(worker),
            },
        )
