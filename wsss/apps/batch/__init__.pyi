from .inputs import Inputs as Inputs, find_inputs as find_inputs
from .task import work_off as work_off
from .unlike import warning as warning
