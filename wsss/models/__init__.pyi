from . import detectors as detectors, segmenters as segmenters, weights as weights, zoo as zoo
from .base import Network as Network, NetworkOptions as NetworkOptions
from .classifier import ClassifierOptions as ClassifierOptions
from .clip.prompted_options import PromptedOptions as PromptedOptions
from .cuts.grids import ChannelsFirst as ChannelsFirst, ChannelsLast as ChannelsLast, Tokens as Tokens
from .cuts.hooked import Hooked as Hooked
from .freezing import freeze_batch_norm as freeze_batch_norm
from .gap import GAPClassifier as GAPClassifier, gap_classifier as gap_classifier
from .normalisation import Normalisation as Normalisation
from .segmenters.frozen_backbone import FrozenBackbone as FrozenBackbone
from .segmenters.frozen_vit_options import FrozenViTOptions as FrozenViTOptions
from .segmenters.segmentation import SegmentationNetwork as SegmentationNetwork
from .segmenters.segmenter import SegmenterOptions as SegmenterOptions
from .targets.pixels import Pixels as Pixels
from .targets.random_masks import found_box as found_box, rise as rise
from .targets.scored import (
    Scored as Scored,
    detection as detection,
    logit as logit,
    region as region,
    similarity as similarity,
)
