"""The pipeline's table of contents: one short file a stage, in this order.

index_data -> train_classifier -> extract_cams -> refine_cams -> make_masks -> train_segmenter -> predict_masks
           -> evaluate -> report
"""
