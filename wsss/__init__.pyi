from . import run as run
from .apps.notebook import compose as compose, explain as explain, predict as predict
from .errors import WsssError as WsssError
from .models.targets.pixels import Pixels as Pixels
from .models.targets.scored import detection as detection, region as region, similarity as similarity
from .version import __version__ as __version__
