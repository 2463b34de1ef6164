from . import augmentation as augmentation
