"""The pipeline's table of contents: one short file a stage, in this order.

index_data -> train_classifier -> extract_cams -> refine_cams -> make_masks -> train_segmenter -> predict_masks
           -> evaluate -> report

`stages` in the config adds others: confident_labels -> train_affinity (or train_irn) before refine_cams, for example.
"""
