from .check import check_dataset as check_dataset
from .detect import Choice as Choice, Typed as Typed, chosen as chosen
from .findings import Check as Check
from .page import render_check as render_check
from .text import check_text as check_text
