from .compose import quoted as quoted
