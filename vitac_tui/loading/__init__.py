"""Batches on the device: upload, normalisation, augmentation."""
