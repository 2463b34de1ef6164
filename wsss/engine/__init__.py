"""What every stage is made of: the shapes, shards, processes, progress bars and logs."""
