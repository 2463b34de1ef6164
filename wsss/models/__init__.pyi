from . import architectures as architectures, prompted_options as prompted_options, weights as weights, zoo as zoo
from .base import Network as Network, NetworkOptions as NetworkOptions
from .classifier import ClassifierOptions as ClassifierOptions
from .freezing import freeze_batch_norm as freeze_batch_norm
from .frozen_backbone import FrozenBackbone as FrozenBackbone
from .frozen_vit_options import FrozenViTOptions as FrozenViTOptions
from .gap import GAPClassifier as GAPClassifier, gap_classifier as gap_classifier
from .grids import ChannelsFirst as ChannelsFirst, ChannelsLast as ChannelsLast, Tokens as Tokens
from .hooked import Hooked as Hooked
from .normalisation import Normalisation as Normalisation
from .pixels import Pixels as Pixels
from .prompted_options import PromptedOptions as PromptedOptions
from .random_masks import found_box as found_box, rise as rise
from .scored import (
    Scored as Scored,
    detection as detection,
    logit as logit,
    region as region,
    similarity as similarity,
)
from .segmentation import SegmentationNetwork as SegmentationNetwork
from .segmenter import SegmenterOptions as SegmenterOptions
