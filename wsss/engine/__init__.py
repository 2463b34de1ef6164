"""The parts of every stage: the shapes, shards, processes, progress bars and logs."""
