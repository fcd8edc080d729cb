"""Who may do what: one table. What a role does not list, it may not do."""

from __future__ import annotations

#: Declared by what anyone may call: the log-in page, its pictures and style, health.
OPEN = "open"
#: Declared by what every signed-in account may call, for itself only.
OWN = "own account"

#: What each permission allows, in words for the account page.
PERMISSIONS: dict[str, str] = {
    OPEN: "everybody",
    OWN: "change the own password, second factor and sessions",
    "patients.pseudonymised": "see records without names and faces",
    "patients.read": "see patients, consents and photographs",
    "patients.write": "enter patients, consents, questionnaires, photographs and test spots",
    "patients.export": "export everything held about one patient",
    "patients.erase": "erase one patient",
    "plans.read": "see plans",
    "plans.write": "draft and compute plans",
    "plans.approve": "review and approve plans",
    "treatments.read": "see treatments",
    "treatments.write": "record treatments, adverse events and the laser-safety log",
    "training.read": "see rehearsals on the virtual laser, and watch them",
    "training.run": "rehearse plans on the virtual laser, and set off faults there",
    "followup.read": "see check-ins, scores and recalls",
    "followup.write": "enter check-ins and scores",
    "followup.review": "review check-ins",
    "devices.read": "see devices, handpieces and product lots",
    "devices.write": "enter devices, handpieces and product lots",
    "statistics.read": "see the clinic's own statistics",
    "jobs.run": "start, see, cancel and rerun the own computations",
    "jobs.all": "see and cancel everybody's computations",
    "audit.read": "read, verify and export the audit log",
    "accounts.manage": "administer accounts",
    "settings.manage": "change the clinic's settings",
}

_READ = {
    OWN,
    "patients.pseudonymised",
    "patients.read",
    "plans.read",
    "treatments.read",
    "training.read",
    "followup.read",
    "devices.read",
    "statistics.read",
}
_OPERATE = _READ | {
    "patients.write",
    "plans.write",
    "treatments.write",
    "training.run",
    "followup.write",
    "devices.write",
    "jobs.run",
}

#: Role to permissions. ``plans.approve`` further needs an account marked as credentialed (see :func:`allowed`).
ROLES: dict[str, frozenset[str]] = {
    "viewer": frozenset(_READ),
    "operator": frozenset(_OPERATE),
    "physician": frozenset(_OPERATE | {"plans.approve", "followup.review", "patients.export"}),
    "researcher": frozenset({OWN, "patients.pseudonymised", "devices.read", "statistics.read", "jobs.run"}),
    "administrator": frozenset(
        {OWN, "accounts.manage", "settings.manage", "devices.read", "jobs.all", "patients.export", "patients.erase"}
    ),
    "auditor": frozenset({OWN, "audit.read"}),
}

#: What only a credentialed account may do, whatever its role.
CREDENTIALED_ONLY = frozenset({"plans.approve"})


def allowed(role: str, *, credentialed: bool) -> frozenset[str]:
    """Everything ``role`` may do; nothing for a role that is not in the table."""
    permissions = ROLES.get(role, frozenset())
    return permissions if credentialed else permissions - CREDENTIALED_ONLY
