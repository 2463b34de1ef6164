from . import initial as initial
