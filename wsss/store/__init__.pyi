from .files import write_text as write_text
from .store import Store as Store
