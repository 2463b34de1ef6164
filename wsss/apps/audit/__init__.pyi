from .audited import Audited as Audited, Dynamics as Dynamics, audit as audit
from .findings import Found as Found, found_in as found_in
from .mending import Fixed as Fixed, fix as fix
from .names import BACKBONE as BACKBONE, KINDS as KINDS, PARTS as PARTS, WEIGHTS as WEIGHTS
from .of_run import audit_run as audit_run
from .reporting import AuditOptions as AuditOptions, report as report
