from .source import opened as opened
from .writing import write_model as write_model
