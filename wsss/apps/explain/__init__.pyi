from .beforehand import first_look as first_look, long_wait as long_wait
from .detector import explainer_of_detector as explainer_of_detector
from .explainer import Explainer as Explainer, check_side as check_side
from .explanation import Explained as Explained, Explanation as Explanation
from .inputs import masks_of as masks_of
from .methods import cam_methods as cam_methods, fitting as fitting
from .pretrained import explainer_of_pretrained as explainer_of_pretrained
from .prompted import explainer_of_bank as explainer_of_bank
from .segmenter import explainer_of_segmenter as explainer_of_segmenter
from .tables import print_means as print_means
from .task import Explain as Explain, explanations as explanations
