from .module import AffinityModule as AffinityModule
from .networks import (
    AffinityNet as AffinityNet,
    AffinityNetOptions as AffinityNetOptions,
    EdgeNet as EdgeNet,
    EdgeNetOptions as EdgeNetOptions,
)
from .pairs import edge_affinities as edge_affinities, feature_affinities as feature_affinities, offsets as offsets
from .refiner import IRNWalk as IRNWalk, PSAWalk as PSAWalk
from .transition import Transition as Transition
