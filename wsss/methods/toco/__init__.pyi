from .module import ToCoModule as ToCoModule
