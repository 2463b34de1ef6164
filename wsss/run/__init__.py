"""From a composed config to a finished run: check it, plan it, launch one job a stage, gather what came out."""
