"""The card of a model file, `README.md` in it: what the networks know, how good they are, and how they are asked."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from wsss.draw.numbers import ORACLE, percent
from wsss.run.scores import Scores

HEAD: Final = (
    "---",
    "library_name: wsss",
    "pipeline_tag: image-segmentation",
    "tags: [image-segmentation, weakly-supervised-semantic-segmentation]",
    "---",
)
"""What model hubs read of a card."""
LIMITS: Final = (
    "- The networks learnt from labels of whole images: what often surrounds a class may be taken for it.",
    "- They know the classes above and the background, and label whatever else is shown as one of these.",
    "- A score that is marked as an oracle was chosen by, or learnt from, true masks.",
    "- The licences of the images and of the first weights apply.",
)
METRICS = {"miou": "mIoU", "map": "mAP"}


def card(classes: Sequence[str], *, scores: Scores, options: Mapping[str, Any]) -> str:
    """Return the card in Markdown.

    Args:
        classes: What the networks tell apart, in the order of their labels.
        scores: The run's scores, as fractions; empty where nothing was evaluated.
        options: How the network of each training stage was built.
    """
    lines = [
        *HEAD,
        "",
        "# Networks trained by wsss from image-level labels",
        "",
        "    wsss predict photos --model THIS_FILE",
        "    wsss explain cat.jpg --model THIS_FILE",
        "",
        "## Classes",
        "",
        *(f"- {name}" for name in classes),
        "",
        "## Networks",
        "",
        *(f"- {stage}: `{built!r}`" for stage, built in options.items()),
        "",
        "## Scores of the run, per cent",
        "",
        *(list(_scores(scores)) or ["Nothing was evaluated."]),
        "",
        "## Limits",
        "",
        *LIMITS,
        "",
    ]
    return "\n".join(lines)


def _scores(scores: Scores) -> list[str]:
    return [
        f"- {stage}, {split}: {name} {percent(found[key])}{f' ({ORACLE})' if found.get('oracle') else ''}"
        for stage, splits in scores.items()
        for split, found in splits.items()
        for key, name in METRICS.items()
        if key in found
    ]
