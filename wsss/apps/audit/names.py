"""Parts of an audit by name, for whoever offers them; importing this costs nothing."""

from typing import Final

TAGS: Final = "tags"
DUPLICATES: Final = "duplicates"
LEAKS: Final = "leaks"
OUTLIERS: Final = "outliers"
DRIFT: Final = "drift"
CLASSES: Final = "classes"
PARTS: Final = (TAGS, DUPLICATES, OUTLIERS, DRIFT, CLASSES)
"""In the order of the page."""
KINDS: Final = {
    TAGS: "tags that are wrong or missing, estimated",
    DUPLICATES: "groups of near duplicates",
    LEAKS: "images of other splits with a near duplicate in the training split",
    OUTLIERS: "images far from all others",
    DRIFT: "largest AUROC of telling another split from the training split",
    CLASSES: "pairs of classes of which one hardly occurs without the other",
}
"""Numbers that a limit may be set to, and what they count."""
PART_OF: Final = {kind: DUPLICATES if kind == LEAKS else kind for kind in KINDS}
"""The part of an audit that each number belongs to."""
BACKBONE: Final = "tf_efficientnet_lite0"
WEIGHTS: Final = "packaged"
"""The network that is asked by default: it comes with the package, and learnt from ImageNet alone."""
