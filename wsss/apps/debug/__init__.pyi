from .investigation import (
    NAME as NAME,
    PARTS as PARTS,
    USUAL as USUAL,
    Debugged as Debugged,
    Request as Request,
    debug as debug,
    head as head,
)
from .subject import Subject as Subject
