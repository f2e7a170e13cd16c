# SPDX-License-Identifier: Apache-2.0
"""Keeping the register: one file per topic, the public names here."""

from pilothouse.delivery.projects.services.many import (
    Entry,
    Revision,
    Stage,
    Stay,
    enter_projects,
    may_set_states,
    problems_of,
    revise_projects,
    withdraw_projects,
)
from pilothouse.delivery.projects.services.objectives import (
    save_objective,
    save_workstream,
    void_objective,
    void_workstream,
)
from pilothouse.delivery.projects.services.past import Past, Span, correct_pasts
from pilothouse.delivery.projects.services.people import (
    delegate_own,
    give_role,
    invite_again,
    invite_person,
    may_invite_without_unit,
    update_person,
)
from pilothouse.delivery.projects.services.portfolios import (
    PORTFOLIO_FIELDS,
    create_portfolio,
    move_portfolio,
    set_portfolio_state,
    update_portfolio,
)
from pilothouse.delivery.projects.services.programmes import (
    PROGRAMME_FIELDS,
    create_programme,
    move_programme,
    set_programme_state,
    update_programme,
)
from pilothouse.delivery.projects.services.projects import (
    PROJECT_FIELDS,
    STATED_FIELDS,
    create_project,
    follow_budget,
    move_project,
    update_project,
)
from pilothouse.delivery.projects.services.states import available_transitions, set_project_state

__all__ = [
    "PORTFOLIO_FIELDS",
    "PROGRAMME_FIELDS",
    "PROJECT_FIELDS",
    "STATED_FIELDS",
    "Entry",
    "Past",
    "Revision",
    "Span",
    "Stage",
    "Stay",
    "available_transitions",
    "correct_pasts",
    "create_portfolio",
    "create_programme",
    "create_project",
    "delegate_own",
    "enter_projects",
    "follow_budget",
    "give_role",
    "invite_again",
    "invite_person",
    "may_invite_without_unit",
    "may_set_states",
    "move_portfolio",
    "move_programme",
    "move_project",
    "problems_of",
    "revise_projects",
    "save_objective",
    "save_workstream",
    "set_portfolio_state",
    "set_programme_state",
    "set_project_state",
    "update_person",
    "update_portfolio",
    "update_programme",
    "update_project",
    "void_objective",
    "void_workstream",
    "withdraw_projects",
]
