"""The key table, from which dispatch, footer, help and the page of keys are made.

Plain letters only: ctrl+a and ctrl+b belong to screen and tmux. A key may be moved by its id
(Textual's keymap).
"""

from __future__ import annotations

from dataclasses import dataclass

from textual.binding import Binding, BindingType


@dataclass(frozen=True)
class Key:
    """One key of one scope (the app, a screen, or a focused widget)."""

    id: str
    key: str
    action: str
    label: str  # in the footer
    help: str  # a sentence
    show: bool = True


TABLE: dict[str, tuple[Key, ...]] = {
    "app": (
        Key("quit", "q,ctrl+c", "leave", "quit", "Leave; asks when a live run is open.", False),
        Key("help", "question_mark", "help", "help", "Show or hide the keys."),
        Key("back", "escape", "back", "back", "Go back to the screen before.", False),
        Key("whole", "h", "whole", "in full", "Show the lines in full that are cut.", False),
        Key("jump", "j", "jump", "jump", "Show a letter on every pane; it goes there.", False),
    ),
    "runs": (
        Key("new", "n", "new", "new", "Set up and start a run."),
        Key("filter", "slash", "filter", "filter", "Narrow the list: words, top1>90, state=..."),
        Key("clear", "escape", "clear", "clear", "Show all runs again.", False),
        Key("sort", "o", "sort", "sort", "Sort by the next column.", False),
        Key("mark", "space", "mark", "mark", "Mark the run for comparing.", False),
        Key("compare", "c", "compare", "compare", "Compare the marked runs' models."),
        Key("results", "r", "results", "results", "Show the run's models.", False),
        Key("pause", "p", "pause", "pause", "Pause the run, or continue it.", False),
        Key("stop", "s", "stop", "stop", "Stop the run after the current batch."),
        Key("resume", "u", "resume", "resume", "Continue a run that did not finish."),
        Key(
            "replay",
            "y",
            "replay",
            "replay",
            "Run the experiment again and compare the results.",
            False,
        ),
        Key("delete", "x", "delete", "delete", "Delete the run's directory; asks."),
        Key("prune", "w", "prune", "prune", "Try pruning the run's model.", False),
        Key("demo", "d", "demo", "demo", "Train and prune on the built-in sample set."),
        Key("dataset", "i", "dataset", "images", "Look at a dataset and its images.", False),
    ),
    "live": (
        Key("pause", "p", "pause", "pause", "Pause the run, or continue it."),
        Key("stop", "s", "stop", "stop", "Stop the run after the current batch."),
        Key("detach", "d", "detach", "detach", "Leave the app; the run continues."),
        Key("results", "r", "results", "results", "Show the run's models."),
        Key("prune", "w", "prune", "prune", "Try pruning the run's model.", False),
        Key("plot1", "1", "plot('loss')", "loss", "The loss over steps."),
        Key("plot2", "2", "plot('top1')", "top-1", "Accuracy over epochs.", False),
        Key("plot3", "3", "plot('rate')", "rate", "The learning rate.", False),
        Key("plot4", "4", "plot('sweep')", "sweep", "Accuracy against the pruned amount.", False),
        Key("log", "l", "log", "log axis", "Switch the plots to a logarithmic axis.", False),
        Key("smooth", "m", "smooth", "smooth", "Smooth the curves more, or not at all."),
        Key(
            "tensorboard",
            "b",
            "tensorboard",
            "board",
            "Serve the run in TensorBoard on this machine.",
        ),
    ),
    "results": (
        Key("view1", "1", "view('table')", "table", "The models as a table."),
        Key("view2", "2", "view('front')", "front", "Accuracy against size or speed."),
        Key("view3", "3", "view('classes')", "classes", "Accuracy of each class."),
        Key("view4", "4", "view('confusion')", "confusion", "Which classes are confused."),
        Key("view5", "5", "view('sweep')", "sweep", "Accuracy against the pruned amount."),
        Key("before", "left_square_bracket", "model(-1)", "before", "The model before.", False),
        Key("next", "right_square_bracket", "model(1)", "next", "The model after.", False),
        Key("axis", "a", "axis", "axis", "Weights, MACs or latency on the axis.", False),
        Key("copy", "y", "copy", "copy", "Copy the row as CSV."),
        Key("copyall", "Y", "copy_all", "copy all", "Copy the table as CSV.", False),
        Key("export", "e", "export", "csv", "Save the table as CSV in the working folder."),
        Key(
            "picture", "v", "picture", "svg", "Save the screen as SVG in the working folder.", False
        ),
    ),
    "setup": (
        Key("start", "g", "start", "go", "Start the run, detached from this terminal."),
        Key("preset", "p", "preset", "preset", "Choose another preset, by name or path."),
        Key("dataset", "d", "dataset", "data", "Choose the dataset, and look at it."),
        Key("outlook", "o", "outlook", "summary", "Show what the run will do; or the settings."),
        Key("undo", "u", "undo", "undo", "Undo the last change."),
        Key("save", "w", "save", "save", "Save the experiment as a preset."),
        Key("leave", "escape", "leave_field", "back", "Close the input, or go back."),
    ),
    "dataset": (
        Key("panel1", "1", "panel('source')", "source", "Folder, layout and split."),
        Key("panel2", "2", "panel('checks')", "checks", "Counts, warnings, classes."),
        Key("panel3", "3", "panel('pictures')", "pictures", "Images of the class."),
        Key("path", "slash", "path('/')", "path", "Type the folder's path; it begins with /."),
        Key("home", "tilde", "path('~')", "path", "Type a path that begins with ~.", False),
        Key("next", "n,space", "turn(1)", "next", "The next page of images."),
        Key("before", "N", "turn(-1)", "before", "The page of images before.", False),
        Key("larger", "plus,equals_sign", "resize(1)", "larger", "Larger pictures.", False),
        Key("smaller", "minus", "resize(-1)", "smaller", "Smaller, more pictures.", False),
        Key("zoom", "z", "zoom", "zoom", "The middle of the images, or the whole.", False),
        Key("decode", "d", "decode", "decode", "Open every image: unreadable ones, copies."),
        Key("copy", "y", "copy", "copy", "Copy the [dataset] table.", False),
        Key("choose", "c", "choose", "choose", "Continue with this dataset."),
        Key("leave", "escape", "leave", "leave", "Close the input, or go back.", False),
    ),
    "form": (
        Key("edit", "enter", "edit", "edit", "Edit the setting under the cursor."),
        Key("before", "left", "step(-1)", "before", "Take the previous choice.", False),
        Key("next", "right", "step(1)", "next choice", "Take the next choice.", False),
    ),
    "folders": (
        Key("open", "right", "open", "open", "Open the folder.", False),
        Key("shut", "left", "shut", "shut", "Close the folder, or go to its parent.", False),
        Key("above", "backspace", "above", "above", "Show the parent folder.", False),
    ),
    "completion": (Key("complete", "tab", "complete", "complete", "Complete the text.", False),),
    "steps": (
        Key("remove", "x", "remove", "remove", "Remove this step.", False),
        Key("before", "up", "choose(-1)", "up", "The step before.", False),
        Key("next", "down", "choose(1)", "down", "The step after.", False),
        Key("earlier", "K,shift+up", "move(-1)", "earlier", "Apply this step earlier.", False),
        Key("later", "J,shift+down", "move(1)", "later", "Apply this step later.", False),
        Key("less", "left", "turn(-0.01)", "less", "A hundredth less.", False),
        Key("more", "right", "turn(0.01)", "more", "A hundredth more.", False),
        Key("far_less", "shift+left,less_than_sign", "turn(-0.1)", "<", "A tenth less.", False),
        Key("far_more", "shift+right,greater_than_sign", "turn(0.1)", ">", "A tenth more.", False),
        Key("type", "enter", "type", "type", "Type the amount; a digit begins it too.", False),
        Key("layers", "l", "layers", "layers", "Choose the layers: names or globs.", False),
        Key("edit", "e", "edit", "edit", "Every setting of the step, as TOML."),
        Key(
            "masks",
            "m",
            "masks",
            "masks",
            "Count amounts of all weights, or of the unmasked ones.",
            False,
        ),
    ),
    "prune": (
        Key("add", "a", "add", "add", "Add a step after this one."),
        Key("score", "s", "score", "score", "Score these steps on validation, now."),
        Key("keep", "k", "keep", "keep", "Keep these steps as a variant."),
        Key("sweep", "g", "sweep", "sweep", "Sweep this step's amount in a run of its own."),
        Key("all", "G", "run_all", "run all", "Run every variant and the current steps.", False),
        Key("lower", "left_square_bracket", "mark(-1)", "[", "Mark the point before.", False),
        Key("higher", "right_square_bracket", "mark(1)", "]", "Mark the point after.", False),
        Key("take", "t", "take", "take", "Take the marked amount; first the suggested one."),
        Key("open", "o", "open", "open", "Open the run of the sweep.", False),
        Key("save", "w", "save", "save", "Save all variants as a preset."),
        Key("cancel", "escape", "cancel", "back", "Close the input, or go back.", False),
    ),
    "plot": (
        Key("zoom_in", "plus,equals_sign", "zoom(0.5)", "zoom in", "Show half as much.", False),
        Key("zoom_out", "minus", "zoom(2)", "zoom out", "Show twice as much.", False),
        Key("left", "left", "move(-0.25)", "left", "Move to earlier steps.", False),
        Key("right", "right", "move(0.25)", "right", "Move to later steps.", False),
        Key("whole", "0", "whole", "all", "Show everything.", False),
        Key("full", "f", "full", "full", "This plot alone, or all again.", False),
    ),
}


def bindings(scope: str) -> list[BindingType]:
    """The bindings of a scope, as Textual wants them."""
    return [
        Binding(
            key.key, key.action, key.label, show=key.show, id=f"{scope}.{key.id}", tooltip=key.help
        )
        for key in TABLE[scope]
    ]
