"""Decode once: image files, the decoded cache, its builder, memory-mapped reads. No torch."""
