"""Small files about invented children, in known formats, as their agencies would send them.

Sam Rowan-Hale is known to four agencies. Tobi Adeyemi is known to two, one of which mistyped the NHS number.
Ada and Ida Fenwick are twins. Nobody here exists.
"""

# ruff: noqa: E501 (rows of files and of tables)
from __future__ import annotations

from lineofsight.demo.numbering import failing_nhs_number, nhs_number, pupil_number

SAM_NHS, TOBI_NHS = nhs_number(1), nhs_number(2)
TOBI_MISTYPED = failing_nhs_number(2)
SAM_UPN, ADA_UPN, IDA_UPN = pupil_number(1), pupil_number(3), pupil_number(4)

CROSSWALK = f"""\
case_id,surname,forenames,preferred_name,dob,sex,nhs_number,upn,address,postcode,phone,school,worker
1204,Rowan-Hale,Samuel,Sam,12/03/2011,M,{SAM_NHS},{SAM_UPN},"12 Quay Street, Northshore",NS1 2AB,07700 900123,Harbour Academy,A. Oduya
1205,Adeyemi,Tobi,,01/09/2012,M,{TOBI_NHS},,"3 Mill Lane, Northshore",NS2 4CD,07700 900124,Harbour Academy,A. Oduya
1206,Fenwick,Ada,,30/06/2013,F,,{ADA_UPN},"8 Chapel Row, Northshore",NS3 1EF,07700 900125,St Bede Primary,J. Whitcombe
1207,Fenwick,Ida,,30/06/2013,F,,{IDA_UPN},"8 Chapel Row, Northshore",NS3 1EF,07700 900125,St Bede Primary,J. Whitcombe
"""

MISSING = """\
miss_table_id,miss_person_id,miss_missing_episode_start_date,miss_missing_episode_type,miss_missing_episode_end_date,miss_missing_rhi_offered,miss_missing_rhi_accepted
M1,1204,2026-02-03 22:10,M,2026-02-04 06:40,Y,N
M2,1204,2026-03-14 19:00,M,2026-03-15 11:20,Y,Y
M3,1205,2026-03-20 18:30,M,2026-03-20 23:50,N,N
"""

POLICE_MISSING = """\
report_no,nominal_id,surname,forenames,dob,reported_at,last_seen_at,last_seen_place,reported_by,risk,found_at,found_place,found_with,returned_to,prevention_interview,prevention_summary
R-881,N501,ROWAN-HALE,Sam,12/03/2011,03/02/2026 22:40,03/02/2026 21:55,Harbour bus station,carer,medium,04/02/2026 06:30,Northshore station,Dale M,home,done,Would not say where he had been.
R-902,N501,ROWAN-HALE,Sam,12/03/2011,14/03/2026 20:15,14/03/2026 18:50,Quay Street,carer,high,15/03/2026 11:00,Mill Lane,,home,refused,
"""

PEOPLE = """\
nominal_id,pnc_id,surname,forenames,alias,dob,dob_is_approximate,sex,self_defined_ethnicity,address,postcode,warning_markers
N501,,ROWAN-HALE,Samuel,Sammo,12/03/2011,N,M,W1,12 Quay Street,NS1 2AB,
N502,,MERCER,Dale,,04/11/2003,N,M,W1,40 Rope Walk,NS4 7GH,
"""

OCCURRENCES = """\
occurrence_no,kind,offence_code,offence_title,from,to,reported,recorded,location_text,outcome,outcome_date,flags,summary,handling,conditions
OC1,crime,092/70,Possession with intent to supply a Class A drug,15/03/2026 10:00,15/03/2026 10:30,15/03/2026 10:40,15/03/2026 12:00,Mill Lane,22,01/04/2026,CCE,Found with wraps and a second phone.,P,
OC2,intel,,Cuckooed flat,10/03/2026 21:00,10/03/2026 23:00,11/03/2026 09:00,11/03/2026 09:30,40 Rope Walk,,,CUCKOO,A grey hatchback collects children from Rope Walk.,C,Do not act on this without the owner
"""

ROLES = """\
occurrence_no,nominal_id,role
OC1,N501,suspect
OC1,N502,associate
OC2,N501,associate
"""

ATTENDANCES = f"""\
patient.nhs_number.value,patient.local_patient_identifier.value,attendance.unique_identifier,attendance.arrival.date,attendance.arrival.time,clinical.chief_complaint.code,clinical.injury.date,clinical.injury.time,clinical.injury.intent.code,clinical.injury.mechanism.code,attendance.discharge.status.code,safeguarding concern,surname,forename,dob,postcode
{SAM_NHS},H77,A-1,2026-03-15,13:20,Hand injury,2026-03-15,12:00,assault,blade,discharged,yes,Rowan-Hale,Samuel,12/03/2011,NS1 2AB
{TOBI_MISTYPED},H78,A-2,2026-03-21,01:15,Abdominal pain,,,,,discharged,,Adeyemi,Tobi,01/09/2012,NS2 4CD
"""

SCHOOL_LOG = f"""\
Incident ID,Student,UPN,Year / class,Incident date,Created,Author,Category,Subcategory,Description,Linked students,Agencies contacted,Action,Status
S-1,Samuel Rowan-Hale,{SAM_UPN},10,12/03/2026 14:10,12/03/2026 15:00,K. Brandreth,Safeguarding,Exploitation,Has two phones and will not say whose.,,Front door,Rang home,Open
S-2,Ada Fenwick,{ADA_UPN},7,20/04/2026 09:00,20/04/2026 09:30,K. Brandreth,Attendance,Late,Late four days running.,Ida Fenwick,,Spoke with mother,Closed
"""

#: Every agency's files with the words of each: (agency, file name, content).
FILES = (
    ("csc", "crosswalk.csv", CROSSWALK),
    ("csc", "ssd_missing.csv", MISSING),
    ("police", "missing.csv", POLICE_MISSING),
    ("police", "people.csv", PEOPLE),
    ("police", "occurrences.csv", OCCURRENCES),
    ("police", "roles.csv", ROLES),
    ("health", "attendances.csv", ATTENDANCES),
    ("education", "school-log.csv", SCHOOL_LOG),
)
