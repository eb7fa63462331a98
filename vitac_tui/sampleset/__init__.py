"""A small visuo-tactile dataset, rendered on first use and laid out like ViTac."""

from vitac_tui.sampleset.render import render_sample
from vitac_tui.sampleset.spec import SampleSpec, class_id, held_out_presses
from vitac_tui.sampleset.tactile import render_tactile
from vitac_tui.sampleset.visual import render_visual

__all__ = [
    "SampleSpec",
    "class_id",
    "held_out_presses",
    "render_sample",
    "render_tactile",
    "render_visual",
]
