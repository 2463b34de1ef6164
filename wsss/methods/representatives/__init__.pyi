from .module import (
    OwnPairsModule as OwnPairsModule,
    SharedPairsModule as SharedPairsModule,
    side_weights as side_weights,
)
from .network import (
    BinaryClassifiers as BinaryClassifiers,
    BinaryOptions as BinaryOptions,
    Representatives as Representatives,
)
