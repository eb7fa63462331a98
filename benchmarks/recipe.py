"""The reference recipe: a typical hand-written training script, as the reference study used.

torchvision's ResNet18; a dataset of PIL images with Resize, ToTensor and Normalize; a DataLoader
with two workers; batches of 64 (128 for evaluation); fp32; Adam with OneCycleLR. A sweep copies the
model, prunes the copy with `torch.nn.utils.prune` and evaluates it on all held-out images. With a
GPU, model and batches are moved there.

`against_recipe.py` runs this as a process and sends one command per line. Each command is answered
with one line of JSON: {"seconds": ..., "value": ...}.

python benchmarks/recipe.py SAMPLES_CSV ROOT IMAGE_SIZE EPOCHS
"""

import copy
import csv
import json
import sys
import time
from pathlib import Path

import torch
import torchvision
from PIL import Image
from safetensors.torch import load_file
from torch import nn
from torch.nn.utils import prune
from torch.utils.data import DataLoader, Dataset
from torchvision import transforms

AMOUNTS = tuple(round(0.1 * n, 1) for n in range(1, 10))
RATE = 1e-3
DEVICE = torch.device("cuda" if torch.cuda.is_available() else "cpu")


class Images(Dataset):
    """The images of one split of a run's samples.csv."""

    def __init__(self, samples: Path, root: Path, size: int, split: str) -> None:
        with samples.open(newline="") as file:
            rows = list(csv.DictReader(file))
        classes = sorted({int(row["class"]) for row in rows})
        self.items = [
            (root / row["path"], classes.index(int(row["class"])))
            for row in rows
            if row["split"] == split
        ]
        self.classes = len(classes)
        self.transform = transforms.Compose(
            [
                transforms.Resize((size, size)),
                transforms.ToTensor(),
                transforms.Normalize((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)),
            ]
        )

    def __len__(self) -> int:
        return len(self.items)

    def __getitem__(self, index: int) -> tuple[torch.Tensor, int]:
        path, label = self.items[index]
        with Image.open(path) as image:
            return self.transform(image.convert("RGB")), label


class Recipe:
    """The steps of the recipe; each public method is a command."""

    def __init__(self, samples: Path, root: Path, size: int, epochs: int) -> None:
        train = Images(samples, root, size, "train")
        self.training = DataLoader(train, batch_size=64, shuffle=True, num_workers=2)
        held_out = Images(samples, root, size, "val")
        self.held_out = DataLoader(held_out, batch_size=128, num_workers=2)
        self.images_held_out = len(held_out)
        torch.manual_seed(0)
        self.model = torchvision.models.resnet18(num_classes=train.classes).to(DEVICE)
        self.optimizer = torch.optim.Adam(self.model.parameters(), lr=RATE)
        steps = epochs * len(self.training)
        self.schedule = torch.optim.lr_scheduler.OneCycleLR(
            self.optimizer, max_lr=RATE, total_steps=steps
        )

    def data(self) -> None:
        """Load all images once, without a network."""
        for loader in (self.training, self.held_out):
            for _ in loader:
                pass

    def step(self) -> None:
        """Train on one batch."""
        self._train(next(iter(self.training)))

    def epoch(self) -> None:
        """Train for one epoch."""
        self.model.train()
        for batch in self.training:
            self._train(batch)

    def evaluate(self, model: nn.Module | None = None) -> float:
        """Return top-1 on the held-out images."""
        network = model or self.model
        network.eval()
        correct = 0
        with torch.no_grad():
            for images, labels in self.held_out:
                predicted = network(images.to(DEVICE)).argmax(1)
                correct += int((predicted == labels.to(DEVICE)).sum())
        return correct / self.images_held_out

    def load(self, path: str) -> None:
        """Load trained weights, so that both sides evaluate the same model."""
        self.model.load_state_dict(load_file(path))

    def masks(self) -> None:
        """Prune by nine amounts without evaluating."""
        for amount in AMOUNTS:
            self._unstructured(amount)

    def sweep(self) -> list[float]:
        """Prune globally by nine amounts and evaluate each."""
        return [self.evaluate(self._unstructured(amount)) for amount in AMOUNTS]

    def classifier(self) -> list[float]:
        """Zero rows of the classifier by nine amounts and evaluate each."""
        found = []
        for amount in AMOUNTS:
            pruned = copy.deepcopy(self.model)
            prune.ln_structured(pruned.fc, "weight", amount=amount, n=1, dim=0)
            found.append(self.evaluate(pruned))
        return found

    def _unstructured(self, amount: float) -> nn.Module:
        pruned = copy.deepcopy(self.model)
        layers = [m for m in pruned.modules() if isinstance(m, nn.Conv2d | nn.Linear)]
        prune.global_unstructured(
            [(layer, "weight") for layer in layers], prune.L1Unstructured, amount=amount
        )
        return pruned

    def _train(self, batch: tuple[torch.Tensor, torch.Tensor]) -> None:
        images, labels = (part.to(DEVICE) for part in batch)
        self.optimizer.zero_grad()
        nn.functional.cross_entropy(self.model(images), labels).backward()
        self.optimizer.step()
        self.schedule.step()


def main() -> None:
    samples, root, size, epochs = sys.argv[1:]
    recipe = Recipe(Path(samples), Path(root), int(size), int(epochs))
    for line in sys.stdin:
        name, *arguments = line.split()
        begun = time.perf_counter()
        value = getattr(recipe, name)(*arguments)
        if DEVICE.type == "cuda":
            torch.cuda.synchronize()
        answer = {"seconds": time.perf_counter() - begun, "value": value}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
