"""Work that screens ask for: run actions, TensorBoard, preset files, the preview process."""
