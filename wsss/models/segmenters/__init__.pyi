from . import architectures as architectures
