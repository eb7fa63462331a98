"""Decoding images once: decoder, cache, cache builder, memory-mapped reads. No torch."""
