"""A Segment Anything of a few numbers with random weights, saved as transformers saves one."""

from pathlib import Path

import pytest
import torch

SIDE = 64
SMALL = {"hidden_size": 16, "image_size": SIDE, "patch_size": 8}


def tiny_sam(folder: Path) -> Path:
    """Save it in a folder; skips the test without transformers."""
    transformers = pytest.importorskip("transformers", reason="NOBODY RUNS SEGMENT ANYTHING: no transformers here")
    heads = {"mlp_dim": 16, "num_hidden_layers": 1, "num_attention_heads": 2}
    seen = {**SMALL, **heads, "output_channels": 16, "global_attn_indexes": [0], "window_size": 0, "num_pos_feats": 8}
    config = transformers.SamConfig(
        vision_config=seen,
        prompt_encoder_config={**SMALL, "image_embedding_size": SIDE // 8, "mask_input_channels": 4},
        mask_decoder_config={"hidden_size": 16, **heads, "iou_head_hidden_dim": 16},
    )
    torch.manual_seed(0)
    transformers.SamModel(config).save_pretrained(folder)
    sides = {"height": SIDE, "width": SIDE}
    processor = transformers.SamImageProcessor(size={"longest_edge": SIDE}, pad_size=sides)
    processor.save_pretrained(folder)
    return folder
