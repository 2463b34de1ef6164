"""Many images through one network: which images, what is read ahead, where results go, and what a second call keeps."""
