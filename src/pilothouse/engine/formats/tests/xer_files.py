# SPDX-License-Identifier: Apache-2.0
"""Small Primavera files in the making: tables as text, with the columns that a test names."""

from __future__ import annotations

from io import BytesIO

from pilothouse.engine.formats.xer import read_xer

HEAD = "ERMHDR\t20.12\t2027-03-01\tProject\tADMIN\tada\tdb\tProject Management\tEUR"
DAY = "((0||0(s|08:00|f|12:00)())(0||1(s|13:00|f|17:00)()))"


def week(days=None):
    """The text of a week, Sunday (1) to Saturday (7), with shifts by day."""
    days = days or dict.fromkeys(range(2, 7), DAY)
    return "".join(f"(0||{day}(){days.get(day, '()')})" for day in range(1, 8))


def data(days=None, exceptions=""):
    return f"(0||CalendarData()((0||DaysOfWeek()({week(days)}))(0||Exceptions()({exceptions}))))"


def table(name, *rows):
    columns = list(dict.fromkeys(column for row in rows for column in row))
    lines = [f"%T\t{name}", "\t".join(["%F", *columns])]
    lines += ["\t".join(["%R", *(str(row.get(column, "")) for column in columns)]) for row in rows]
    return lines


PROJECT = {
    "proj_id": 7,
    "proj_short_name": "QUAY",
    "clndr_id": 1,
    "plan_start_date": "2027-03-01 08:00",
    "last_recalc_date": "2027-03-01 08:00",
    "critical_drtn_hr_cnt": 0,
    "critical_path_type": "CT_TotFloat",
}
CALENDAR = {
    "clndr_id": 1,
    "default_flag": "Y",
    "clndr_name": "Five days",
    "day_hr_cnt": 8,
    "week_hr_cnt": 40,
    "clndr_data": data(),
}
ROOT = {"wbs_id": 100, "proj_id": 7, "seq_num": 0, "proj_node_flag": "Y", "wbs_name": "Quay 7"}


def task(uid, **more):
    row = {
        "task_id": uid,
        "proj_id": 7,
        "wbs_id": 100,
        "clndr_id": 1,
        "complete_pct_type": "CP_Drtn",
        "task_type": "TT_Task",
        "duration_type": "DT_FixedDUR2",
        "status_code": "TK_NotStart",
        "task_code": f"A{uid}",
        "task_name": f"Task {uid}",
        "remain_drtn_hr_cnt": 8,
        "target_drtn_hr_cnt": 8,
    }
    return {**row, **more}


def link(predecessor, successor, kind="PR_FS", lag=0, **more):
    return {
        "task_id": successor,
        "pred_task_id": predecessor,
        "proj_id": 7,
        "pred_proj_id": 7,
        "pred_type": kind,
        "lag_hr_cnt": lag,
        **more,
    }


def document(*tasks, projects=(PROJECT,), calendars=(CALENDAR,), wbs=(ROOT,), more=(), end=True):
    """The text of a file; ``more`` are further tables as (name, row, row …)."""
    lines = [HEAD, *table("PROJECT", *projects), *table("CALENDAR", *calendars)]
    lines += table("PROJWBS", *wbs) + (table("TASK", *tasks) if tasks else [])
    for name, *rows in more:
        lines += table(name, *rows)
    return "\r\n".join([*lines, "%E", ""] if end else lines)


def read(text, **options):
    raw = text if isinstance(text, bytes) else text.encode("cp1252")
    return read_xer(BytesIO(raw), **options)
