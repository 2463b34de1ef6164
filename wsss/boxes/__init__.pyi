from .box import Box as Box
from .find import BoxRule as BoxRule, FoundBox as FoundBox
