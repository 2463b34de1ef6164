from .files import item_name as item_name
from .store import Store as Store
from .texts import write_text as write_text
