from .malloc import keep_freed_memory as keep_freed_memory
from .progress import bar as bar, console as console
