"""The methods that were made for a kind of network: what a refusal proposes in place of one that does not fit."""

from wsss.protocols import Binary, ClassAttentive, CutClassifier, Prompted


def suited(model: CutClassifier, *, otherwise: str) -> str:
    """Return the override that chooses the method made for a kind of network, or `otherwise` where there is none."""
    match model:
        case ClassAttentive():
            return "cam=mctformer"
        case Prompted() if model.prompts:
            return "cam=softmax_gradcam"
        case Binary():
            return "cam=representative"
        case _:
            return f"cam={otherwise}"
