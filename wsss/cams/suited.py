"""The methods that were made for a kind of network: what a refusal proposes in place of one that does not fit."""

from wsss.protocols import Binary, ClassAttentive, CutClassifier, Prompted


def suited(model: CutClassifier, *, otherwise: str) -> str:
    """Return the words of a config that choose the method made for a network, or for a network of no such kind."""
    match model:
        case ClassAttentive():
            return "cam=mctformer"
        case Prompted() if model.prompts:
            return "cam=softmax_gradcam"
        case Binary():
            return "cam=representative"
        case _:
            return f"cam={otherwise}"
