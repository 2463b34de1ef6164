from .module import ActivationModule as ActivationModule
from .network import ActivationOptions as ActivationOptions
