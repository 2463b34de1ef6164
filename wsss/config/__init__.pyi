from .refused import quoted as quoted
