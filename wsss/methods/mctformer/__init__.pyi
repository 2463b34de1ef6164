from .module import MCTformerModule as MCTformerModule
from .network import ClassTokenOptions as ClassTokenOptions
