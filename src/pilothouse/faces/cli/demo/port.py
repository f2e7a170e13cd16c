# SPDX-License-Identifier: Apache-2.0
"""What the port authority does: its units, people, portfolios, programmes and projects.

Everything is made up. Days are counted in weeks from the Monday of this week; a negative
number lies in the past. Money is in thousands of euros.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from pilothouse.foundation.access.matrix import Role

OFFICE = ("NPA", "Northmouth Port Authority", "EUR")

UNITS: tuple[tuple[str, str, str, str], ...] = (
    ("INFRA", "Infrastructure", "", "sam"),
    ("CIVIL", "Civil engineering", "INFRA", "marit"),
    ("DIGIT", "Digital services", "", "ines"),
    ("OPER", "Port operations", "", "joost"),
    ("SUST", "Sustainability", "", "lena"),
    ("FINAN", "Finance and control", "", "femi"),
)
"""Code, name, unit above, head."""

PEOPLE: dict[str, tuple[str, str, str]] = {
    "ada": ("Ada Lindqvist", "Head of the PMO", ""),
    "piet": ("Piet Maas", "Project manager", "CIVIL"),
    "rosa": ("Rosa Duarte", "Resource manager", "CIVIL"),
    "femi": ("Femi Adeyemi", "Financial controller", "FINAN"),
    "sam": ("Sam Okafor", "Director of infrastructure", "INFRA"),
    "tess": ("Tess Brandt", "Site engineer", "CIVIL"),
    "marit": ("Marit Solberg", "Portfolio manager, waterside works", "INFRA"),
    "ines": ("Inês Carvalho", "Director of digital services", "DIGIT"),
    "joost": ("Joost de Wit", "Harbour master", "OPER"),
    "lena": ("Lena Fischer", "Head of sustainability", "SUST"),
    "kofi": ("Kofi Mensah", "Project manager", "DIGIT"),
    "yara": ("Yara Haddad", "Project manager", "CIVIL"),
    "nils": ("Nils Bergman", "Project manager", "SUST"),
    "aoife": ("Aoife Byrne", "Programme manager, shore power", "SUST"),
    "ivan": ("Ivan Petrov", "Chief engineer", "CIVIL"),
    "hana": ("Hana Sato", "Enterprise architect", "DIGIT"),
    "greta": ("Greta Olsen", "Internal auditor", "FINAN"),
    "emre": ("Emre Yilmaz", "PMO analyst", ""),
}
"""Name in the mail address → (full name, job title, unit)."""

OBJECTIVES: tuple[tuple[str, str, str, str, str], ...] = (
    (
        "O1",
        "Receive the largest container ships",
        "35",
        "Share of calls by ships over 400 m",
        "12 %",
    ),
    ("O2", "Halve the emissions at berth", "30", "Tonnes of CO2 at berth a year", "21,000 t"),
    ("O3", "Run the port without a lost hour", "20", "Hours of closed fairway a year", "below 24"),
    ("O4", "Turn every lorry round in 30 minutes", "15", "Median minutes at the gate", "30"),
)
"""Code, title, weight in percent, measure, target."""

COLOURS = {"G": "green", "A": "amber", "R": "red"}

OFFICE_ROLES: tuple[tuple[str, Role], ...] = (
    ("ada", Role.DIR),
    ("emre", Role.ANL),
    ("femi", Role.FIN),
    ("greta", Role.AUD),
    ("ines", Role.SCM),
    ("joost", Role.SCM),
    ("ivan", Role.SCM),
)
"""Roles on the whole authority; the three steering members sit on every committee."""

HOLIDAYS: tuple[tuple[int, int, int, str], ...] = (
    (1, 1, 1, "New Year"),
    (5, 1, 1, "Labour Day"),
    (12, 24, 31, "Year's end"),
)
"""Month, first day, last day, name."""

STATE_REASONS: dict[tuple[str, str], tuple[str, str]] = {
    ("RAIL", "on_hold"): ("dependency", "The network operator has not confirmed the connection."),
    ("BREAK", "cancelled"): ("value", "Repair costs a third of raising it and is due anyway."),
}

PORTFOLIOS: tuple[tuple[str, str, str, str, str, str, int, str], ...] = (
    ("WATER", "Waterside works", "", "INFRA", "marit", "sam", 290000,
     "Quays, locks, channels and the railway behind them."),
    ("BERTH", "Quays and berths", "WATER", "CIVIL", "marit", "sam", 215000,
     "Everything a ship lies at or sails through."),
    ("DIGI", "Digital port", "", "DIGIT", "hana", "ines", 42000,
     "Systems that pilots, hauliers and terminals rely on."),
    ("CLEAN", "Clean port", "", "SUST", "lena", "joost", 96000,
     "Less fuel burnt at berth and on the yard."),
)  # fmt: skip
"""Code, name, portfolio above, unit, manager, sponsor, envelope, description."""

SERVES: dict[str, tuple[str, ...]] = {
    "WATER": ("O1", "O3"),
    "BERTH": ("O1",),
    "DIGI": ("O3", "O4"),
    "CLEAN": ("O2",),
}
"""Portfolio → the objectives it serves."""

PROGRAMMES: tuple[tuple[str, str, str, str, str, str], ...] = (
    ("DEEP", "Deep water 18", "BERTH", "marit", "sam",
     "Ships of 18 metres draught reach quay 4 on every tide."),
    ("SHORE", "Shore power", "CLEAN", "aoife", "joost",
     "No ship burns fuel for electricity while it lies at the quay."),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Sketch:
    """One project as it is entered; the rest follows from its plan and its months."""

    code: str
    name: str
    portfolio: str
    kind: str
    size: str
    people: tuple[str, str, str, str, str]
    """Project manager, sponsor, functional owner, technology owner, finance; empty is a gap."""
    purpose: str
    states: tuple[tuple[str, int], ...]
    """State → week in which it was reached; the first is the entry in the register."""
    money: tuple[int | None, int | None]
    """Approved budget, forecast at completion."""
    benefits: tuple[int | None, int | None] = (None, None)
    programme: str = ""
    starts: int = 0
    """Week of the approved start."""
    weeks: int = 0
    """Approved length, for a project without a plan."""
    slip_weeks: int = 0
    colours: str = ""
    """What the manager stated month by month, the last being the present: G, A or R."""
    comment: str = ""
    stated_days_ago: int = 4
    critical: bool = False
    classification: str = "public_internal"
    no_technology: str = ""
    vacant: str = ""
    """A role whose holder has left since."""
    custom: dict[str, object] = field(default_factory=dict)
    workstreams: tuple[tuple[str, str], ...] = ()
    team: tuple[str, ...] = ()
    crews: tuple[tuple[str, str], ...] = ()
    """Who reports for a crew of the plan."""


CUSTOM_FIELDS: tuple[tuple[str, str, tuple[str, ...], str], ...] = (
    (
        "Port area",
        "choice",
        ("North basin", "South basin", "Fairway", "Hinterland", "Whole port"),
        "project",
    ),
    ("Permit reference", "text", (), "project"),
    ("Public funding", "yes_no", (), "project"),
    ("Next inspection", "date", (), "project"),
    ("Supervisor", "text", (), "task"),
    ("Working hours", "choice", ("Day", "Day and night", "Tide"), "task"),
)
"""Label, kind, choices, of what."""

PROJECTS: tuple[Sketch, ...] = (
    Sketch(
        "HARB", "Harbour: quay 4 rebuilt for 18 metres", "BERTH", "Construction", "XL",
        ("piet", "sam", "joost", "ivan", "femi"),
        "Quay 4 was built in 1968 for 12 metres. Rebuilt, it takes the ships that now sail past.",
        (("authorised", -68), ("initiating", -66), ("planning", -58), ("executing", -38)),
        (86000, 91200), (140000, 133000), "DEEP", starts=-64,
        colours="GGGGGAAAGAAG", critical=True,
        comment="Piling of section 1 met old timber piles and lost a week. The opening is not yet "
        "at risk; its float is.",
        custom={"port_area": "North basin", "permit_reference": "WP-2217", "public_funding": True},
        workstreams=(("Civil works", "tess"), ("Permits", "yara")), team=("tess",),
        crews=(
            ("Anchor crew", "tess"), ("Concrete crew", "tess"), ("Piling rig", "tess"),
            ("Rail crew", "tess"), ("Contractor crew A", "piet"), ("Dredger", "piet"),
        ),
    ),
    Sketch(
        "DREDGE", "Approach channel deepened to 18 metres", "BERTH", "Construction", "L",
        ("yara", "sam", "joost", "ivan", "femi"),
        "Without a deeper channel the new quay waits for high water.",
        (("authorised", -50), ("initiating", -48), ("planning", -44), ("executing", -29)),
        (38500, 44100), (52000, 52000), "DEEP", starts=-46,
        colours="GGGGAAARRR", critical=True,
        comment="The spoil holds more boulders than the samples showed. A claim of 4.1 million is "
        "on the table; the steering committee decides on the disposal ground this month.",
        custom={"port_area": "Fairway", "permit_reference": "WP-2231", "public_funding": True},
    ),
    Sketch(
        "MOOR", "Bollards of quays 1 to 3 renewed", "BERTH", "Renewal", "M",
        ("yara", "marit", "joost", "ivan", "femi"),
        "Bollards rated for yesterday's ships are the port's oldest standing risk.",
        (("authorised", -30), ("initiating", -29), ("planning", -27), ("executing", -22),
         ("closing", -1)),
        (3100, 3020), starts=-23, colours="GGGAGG",
        comment="All pull tests passed. The final account is the last open item.",
        custom={"port_area": "South basin", "public_funding": False},
    ),
    Sketch(
        "LOCK", "Sea lock, gate 2 overhauled", "WATER", "Renewal", "L",
        ("piet", "sam", "joost", "ivan", "femi"),
        "Gate 2 has moved 400,000 times. The divers' survey says that it will not last five years.",
        (("authorised", -14), ("initiating", -12), ("planning", -7)),
        (18700, 18700), (26000, 26000), starts=-7, colours="GG",
        comment="Planning is on course. The outage of the lock needs the consent of the yards.",
        custom={"port_area": "South basin", "permit_reference": "WP-2290"},
    ),
    Sketch(
        "RAIL", "Rail terminal, third track", "WATER", "Construction", "L",
        ("yara", "sam", "joost", "ivan", "femi"),
        "A third track doubles the trains a day and takes 60,000 lorry trips off the road.",
        (("authorised", -40), ("initiating", -37), ("planning", -30), ("executing", -16),
         ("on_hold", -6)),
        (27400, 29800), (31000, 24000), starts=-36, weeks=90, slip_weeks=17,
        colours="GGGAAARR", stated_days_ago=41, vacant="functional_owner",
        comment="On hold until the network operator has confirmed the connection.",
        custom={"port_area": "Hinterland", "public_funding": True},
    ),
    Sketch(
        "BREAK", "North breakwater raised by one metre", "WATER", "Construction", "L",
        ("piet", "sam", "joost", "ivan", "femi"),
        "Protection against the storm that comes once in two hundred years.",
        (("authorised", -60), ("initiating", -57), ("planning", -50), ("cancelled", -33)),
        (22000, 31500), starts=-55, weeks=110, colours="GGAAR", stated_days_ago=235,
        comment="The tender came in 43 % above the budget. The board chose repair instead.",
        custom={"port_area": "North basin"},
    ),
    Sketch(
        "VTS", "Vessel traffic system replaced", "DIGI", "Software", "L",
        ("kofi", "ines", "joost", "hana", "femi"),
        "The present system is out of support; every minute without it closes the fairway.",
        (("authorised", -28), ("initiating", -26), ("planning", -21), ("executing", -14)),
        (9800, 9640), (14500, 15200), starts=-22, colours="GGGGGG", critical=True,
        comment="Traffic picture shown to the pilots, who asked for two changes. On course.",
        custom={"port_area": "Fairway"},
    ),
    Sketch(
        "GATE", "Lorries by appointment", "DIGI", "Software", "M",
        ("kofi", "ines", "joost", "hana", "femi"),
        "Lorries queue for 70 minutes in the morning and for none at noon.",
        (("authorised", -62), ("initiating", -61), ("planning", -58), ("executing", -54),
         ("closing", -24), ("closed", -19), ("benefits_tracking", -18)),
        (4200, 4390), (9600, 7900), starts=-55, colours="GGGGAAGGGGGG",
        comment="Median turn-round is 41 minutes; the benefit counts fully at 30.",
        custom={"port_area": "Hinterland"},
    ),
    Sketch(
        "TOS", "Terminal operating system", "DIGI", "Software", "XL",
        ("kofi", "ines", "", "", ""),
        "One system for the three terminals instead of three that do not speak to each other.",
        (("authorised", -9), ("initiating", -6)),
        (16500, 16500), (48000, 48000), starts=-2, weeks=95, colours="GA",
        comment="The functional owner is still to be named; without one there is no decision on "
        "the scope of yard planning.",
        custom={"port_area": "Whole port"},
    ),
    Sketch(
        "CYBER", "Control systems made safe", "DIGI", "Security", "M",
        ("kofi", "ines", "ivan", "hana", "femi"),
        "Locks, bridges and pumps hang on networks that were never meant to be reached.",
        (("authorised", -22), ("initiating", -21), ("planning", -18), ("executing", -13)),
        (3600, 3540), starts=-17, colours="GGGGA", classification="confidential",
        comment="Segmentation takes longer than planned at lock 1.",
        custom={"port_area": "Whole port"},
    ),
    Sketch(
        "ERP", "Finance and procurement suite", "DIGI", "Software", "L",
        ("kofi", "ines", "femi", "hana", "femi"),
        "One ledger, one list of suppliers, invoices without paper.",
        (("authorised", -150), ("initiating", -148), ("planning", -142), ("executing", -132),
         ("closing", -66), ("closed", -60), ("benefits_tracking", -59), ("completed", -5)),
        (7400, 8150), (6800, 7100), starts=-140, weeks=70, slip_weeks=6, colours="GGGGGGGGGGGG",
        comment="Benefits confirmed by finance a year after the go-live.",
        custom={"port_area": "Whole port"},
    ),
    Sketch(
        "SHOR1", "Shore power, cruise berth", "CLEAN", "Construction", "L",
        ("nils", "joost", "lena", "ivan", "femi"),
        "A cruise ship at berth burns as much as 1,200 lorries.",
        (("authorised", -44), ("initiating", -43), ("planning", -40), ("executing", -33)),
        (21300, 22600), (17500, 17500), "SHORE", starts=-41, colours="GGGGGAAAA", critical=True,
        comment="The grid operator needs 20 days more; the transformer is now the longest path.",
        custom={"port_area": "South basin", "permit_reference": "WP-2244", "public_funding": True},
    ),
    Sketch(
        "SHOR2", "Shore power, container quay", "CLEAN", "Construction", "XL",
        ("nils", "joost", "lena", "ivan", "femi"),
        "Four berths, so that every container ship of the fleet can switch off its engines.",
        (("authorised", -11), ("initiating", -9), ("planning", -4)),
        (54000, 54000), (61000, 61000), "SHORE", starts=-4, colours="G",
        comment="Two of five shipping lines have signed a letter of intent.",
        custom={"port_area": "North basin", "public_funding": True},
    ),
    Sketch(
        "HYDRO", "Hydrogen bunkering pilot", "CLEAN", "Pilot", "M",
        ("", "joost", "lena", "", "femi"),
        "Learn with one barge what a hydrogen fleet would need.",
        (("authorised", -3),),
        (5200, None), starts=6, weeks=60,
        custom={"port_area": "North basin"},
    ),
    Sketch(
        "LED", "Yard lighting to LED", "CLEAN", "Renewal", "S",
        ("nils", "lena", "joost", "", "femi"),
        "Half the power, better light, no more lamp changes at 30 metres.",
        (("authorised", -58), ("initiating", -57), ("planning", -56), ("executing", -53),
         ("closing", -23), ("closed", -21)),
        (2150, 2060), (3900, 4150), starts=-55, weeks=30, slip_weeks=2, colours="GGGGGG",
        comment="Finished and handed over; the meter readings of the first quarter are in.",
        stated_days_ago=140, no_technology="No system is introduced.",
        custom={"port_area": "Whole port"},
    ),
    Sketch(
        "TUGS", "Two electric tugs", "CLEAN", "Procurement", "L",
        ("yara", "joost", "lena", "ivan", "femi"),
        "The first two of six tugs; the shipyard builds them with our charging system.",
        (("authorised", -46), ("initiating", -43), ("planning", -39), ("executing", -30)),
        (24800, 26900), (19000, 18200), starts=-40, weeks=85, slip_weeks=9,
        colours="GGGGGAAG", stated_days_ago=53, vacant="technology_owner",
        comment="The shipyard reports the hull on time; the batteries are late.",
        custom={"port_area": "Whole port", "next_inspection": 40},
    ),
)  # fmt: skip
