# SPDX-License-Identifier: Apache-2.0
"""What a column of a table can say of tasks, and guessing it from its header."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from enum import StrEnum

_HEADERS_IN = 20
"""Rows among which the headers are looked for."""


class Column(StrEnum):
    """What a column says; in brackets how its cells are written."""

    NAME = "name"
    NUMBER = "number"  # of the row, to which predecessors refer
    UID = "uid"
    GUID = "guid"  # what a tool calls the row for good, a GUID or any text
    WBS = "wbs"
    LEVEL = "level"  # 1 for the top rows
    DURATION = "duration"  # 5d, 2 weeks, 4h; a number alone is days
    START = "start"
    FINISH = "finish"
    PERCENT = "percent"
    PREDECESSORS = "predecessors"  # 12; 14SS+2d
    RESOURCES = "resources"  # Ada; Piet [50%]
    WORK = "work"  # hours, or as a duration
    MILESTONE = "milestone"  # yes or no
    CONSTRAINT = "constraint"  # SNET, or its words
    CONSTRAINT_DATE = "constraint_date"
    DEADLINE = "deadline"
    ACTUAL_START = "actual_start"
    ACTUAL_FINISH = "actual_finish"
    PRIORITY = "priority"  # 0 to 1000
    NOTES = "notes"


_NAMES: Mapping[Column, str] = {
    Column.NAME: (
        "task, task name, name, title, activity, activity name, summary task, description, "
        "vorgang, vorgangsname, aufgabe, bezeichnung, name des vorgangs, tâche, nom de la "
        "tâche, nom, tarea, nombre de tarea, nombre, actividad, attività, nome attività, "
        "nome, taak, taaknaam, tarefa, nome da tarefa"
    ),
    Column.NUMBER: (
        "#, id, nr, no, number, row, line, lfd nr, nummer, numéro, n°, n, núm, numero, "
        "zeile, regel, ligne, fila, riga"
    ),
    Column.UID: (
        "uid, unique id, task uid, eindeutige nr, einmalige nr, n° unique, id único, id "
        "univoco, unieke id"
    ),
    Column.GUID: (
        "guid, gid, task guid, row id, issue key, object id, global unique id, globally unique id"
    ),
    Column.WBS: (
        "wbs, wbs code, psp, psp code, psp nr, wbs nr, code wbs, code otp, edt, outline "
        "number, gliederungsnummer, activity id, código edt"
    ),
    Column.LEVEL: (
        "level, outline level, indent, ebene, gliederungsebene, einzug, niveau, niveau "
        "hiérarchique, nivel, nivel de esquema, livello, livello struttura, "
        "overzichtsniveau"
    ),
    Column.DURATION: ("duration, dauer, durée, duración, durata, duur, duração, days, tage, jours"),
    Column.START: (
        "start, start date, begin, planned start, anfang, beginn, startdatum, starttermin, "
        "début, date de début, comienzo, inicio, fecha de inicio, inizio, data inizio, "
        "begindatum, início"
    ),
    Column.FINISH: (
        "finish, finish date, end, end date, due, due date, planned finish, ende, "
        "endtermin, enddatum, fin, date de fin, fecha de fin, final, fine, data fine, "
        "einde, einddatum, término"
    ),
    Column.PERCENT: (
        "% complete, percent complete, %, % done, percent, progress, done, complete, % "
        "abgeschlossen, prozent abgeschlossen, fortschritt, % achevé, avancement, % "
        "completado, avance, % completato, avanzamento, % voltooid, voortgang, % concluído"
    ),
    Column.PREDECESSORS: (
        "predecessors, predecessor, depends on, dependencies, vorgänger, prédécesseurs, "
        "prédécesseur, predecesoras, predecesores, predecessori, predecessore, voorafgaande "
        "taken, voorgangers, predecessoras"
    ),
    Column.RESOURCES: (
        "resources, resource names, resource, assigned to, assignee, owner, responsible, "
        "ressourcen, ressourcennamen, verantwortlich, zuständig, ressources, noms "
        "ressources, responsable, recursos, nombres de los recursos, risorse, nomi risorse, "
        "responsabile, resourcenamen, toegewezen aan, nomes dos recursos"
    ),
    Column.WORK: (
        "work, work hours, effort, hours, arbeit, aufwand, stunden, travail, charge, "
        "trabajo, esfuerzo, lavoro, werk, trabalho"
    ),
    Column.MILESTONE: (
        "milestone, meilenstein, jalon, hito, cardine, attività cardine, mijlpaal, marco"
    ),
    Column.CONSTRAINT: (
        "constraint, constraint type, einschränkungsart, einschränkung, type de contrainte, "
        "contrainte, tipo de restricción, restricción, tipo di vincolo, vincolo, "
        "beperkingstype"
    ),
    Column.CONSTRAINT_DATE: (
        "constraint date, einschränkungstermin, date de contrainte, fecha de restricción, "
        "data vincolo, beperkingsdatum"
    ),
    Column.DEADLINE: (
        "deadline, stichtag, termin, échéance, fecha límite, scadenza, uiterste datum, prazo"
    ),
    Column.ACTUAL_START: (
        "actual start, ist anfang, tatsächlicher anfang, début réel, comienzo real, inizio "
        "effettivo, werkelijke begindatum"
    ),
    Column.ACTUAL_FINISH: (
        "actual finish, actual end, ist ende, tatsächliches ende, fin réelle, fin real, "
        "fine effettiva, werkelijke einddatum"
    ),
    Column.PRIORITY: ("priority, priorität, priorité, prioridad, priorità, prioriteit, prioridade"),
    Column.NOTES: (
        "notes, note, comment, comments, remarks, notizen, notiz, bemerkung, remarques, "
        "commentaires, notas, comentarios, opmerkingen, observações"
    ),
}


def header_key(header: str) -> str:
    """A header without case, punctuation and remarks in brackets.

    Examples
    --------
    >>> header_key("Work, hours"), header_key(" % Complete [planned]"), header_key("#")
    ('work hours', '% complete', '#')
    """
    bare = re.sub(r"[(\[].*?[)\]]", " ", header)
    return " ".join(re.findall(r"\w+|[#%°]", bare.casefold().replace("_", " ")))[:120]


_BY_NAME = {
    header_key(name): column for column, names in _NAMES.items() for name in names.split(",")
}


def guess_columns(
    headers: Sequence[str], memory: Mapping[str, str] | None = None
) -> dict[int, Column]:
    """What columns mean: what was chosen before, else by their names; each meaning once.

    Parameters
    ----------
    headers : sequence of str
    memory : mapping of str to str, optional
        ``header_key`` → value of a ``Column``; empty where it was left out on purpose.

    Returns
    -------
    dict of int to Column
        By the place of the column, from 0.
    """
    memory = memory or {}
    found: dict[int, Column] = {}
    for remembered in (True, False):
        for place, header in enumerate(headers):
            key = header_key(header)
            if place in found or not key or (not remembered and key in memory):
                continue
            said = memory.get(key, "") if remembered else _BY_NAME.get(key, "")
            column = Column(said) if said in Column._value2member_map_ else None
            if column is not None and column not in found.values():
                found[place] = column
    return found


def header_line(rows: Sequence[Sequence[str]]) -> int:
    """The row, from 1, among the first whose cells name most columns."""
    scores = [len(guess_columns(row)) for row in rows[:_HEADERS_IN]]
    best = max(scores, default=0)
    return scores.index(best) + 1 if best else 1
