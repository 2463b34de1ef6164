from .store import Store as Store
from .texts import write_text as write_text
