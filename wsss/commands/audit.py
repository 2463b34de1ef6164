"""Options of `wsss data audit`, and what it does with them."""

import argparse
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from wsss.apps import audit
from wsss.apps.given import given_path
from wsss.apps.lists import names_in
from wsss.engine.streams import announce


def add_audit_options(parser: argparse.ArgumentParser) -> None:
    """Add the options that are the audit's own."""
    add = parser.add_argument
    parts = ", ".join(audit.PARTS)
    add("--what", metavar="PARTS", help=f"joined by commas: {parts} (default: all)")
    add(
        "--out",
        type=given_path,
        default=Path("audit"),
        metavar="DIR",
        help="folder of the page and tables (default: audit)",
    )
    add("--store", type=given_path, default=Path("runs"), metavar="DIR", help="where results are kept (default: runs)")
    add("--top", type=int, default=12, metavar="N", help="examples with pictures of each kind (default: 12)")
    limits = ", ".join(audit.KINDS)
    add("--fail-over", action="append", default=[], metavar="PART=N", help=f"exit code 1 over a limit of {limits}")
    backbone, weights = audit.BACKBONE, audit.WEIGHTS
    add("--backbone", default=backbone, metavar="NAME", help=f"a network of timm's (default: {backbone})")
    add("--weights", default=weights, metavar="WHICH", help=f"{weights}, imagenet or a file (default: {weights})")
    add("--device", default="auto", choices=("auto", "cpu", "cuda", "mps"), help="where to compute (default: auto)")


def audit_to(options: argparse.Namespace, dataset: Mapping[str, Any], *, command: str) -> list[str]:
    """Audit a data set, write the page, and return in a sentence each which parts are over their limits."""
    announce("looking at the data set")
    asked = audit.AuditOptions(
        train=options.train,
        what=audit.PARTS if options.what is None else names_in(options.what, known=audit.PARTS, key="--what"),
        top=options.top,
        backbone=options.backbone,
        weights=options.weights,
        device=options.device,
        store=options.store,
        out=options.out,
        fail_over=options.fail_over,
    )
    return audit.report(dataset, asked, command=command)
