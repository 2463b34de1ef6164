from .network import (
    PrototypeClassifier as PrototypeClassifier,
    PrototypeOptions as PrototypeOptions,
)
