from .module import ActivationModule as ActivationModule
