"""Presets: named hyperparameters to start from, each of which shows something."""

from dataclasses import dataclass

from digitpad.training.hyperparameters import Hyperparameters


@dataclass(frozen=True)
class Preset:
    """Hyperparameters that show something.

    Attributes
    ----------
    name : str
        Its key, in settings, in files and for `digitpad train --preset`.
    heading : str
        What it stands under in a list; presets of one heading follow each other.
    title : str
        What the window calls it.
    sentence : str
        What it shows.
    hyperparameters : Hyperparameters
    networks : int
        How many networks `digitpad train` trains with them, with different seeds, and merges into
        one (see `nn.ensemble`).
    """

    name: str
    heading: str
    title: str
    sentence: str
    hyperparameters: Hyperparameters
    networks: int = 1

    @property
    def spelling(self) -> str:
        """The name as it is typed, without blanks that would need quotes."""
        return self.name.replace(" ", "-")


PRESETS: dict[str, Preset] = {
    preset.name: preset
    for preset in (
        Preset(
            "basic",
            "Start here",
            "Basic",
            "The network of the text, 784-16-16-10. It learns most digits within a minute.",
            Hyperparameters(),
        ),
        Preset(
            "quick",
            "Start here",
            "Quick",
            "The best network that a few seconds can train.",
            Hyperparameters(
                hidden_layers=(300,),
                activation="relu",
                output_activation="softmax",
                cost="cross-entropy",
                learning_rate=0.15,
                momentum=0.9,
                mini_batch_size=100,
                epochs=8,
                schedule="cosine",
                rotation=5.0,
                scaling=0.05,
                shear=0.05,
                translation=0.5,
            ),
        ),
        Preset(
            "nielsen-1",
            "Better networks",
            "One hidden layer",
            "One hidden layer of 30 sigmoid neurons and the quadratic cost: about 95 %.",
            Hyperparameters(hidden_layers=(30,), initialisation="gaussian"),
        ),
        Preset(
            "nielsen-3",
            "Better networks",
            "Cross-entropy",
            "Cross-entropy, scaled first weights and weight decay: about 98 %.",
            Hyperparameters(
                hidden_layers=(100,), cost="cross-entropy", learning_rate=0.5, l2=5.0, epochs=60
            ),
        ),
        Preset(
            "shipped",
            "Better networks",
            "Built-in",
            "How the built-in network was trained: large, with augmented images, for a long time.",
            Hyperparameters(
                hidden_layers=(1024, 512),
                activation="relu",
                output_activation="logistic",
                cost="cross-entropy",
                learning_rate=0.1,
                momentum=0.9,
                mini_batch_size=256,
                epochs=110,
                schedule="cosine",
                rotation=7.0,
                scaling=0.08,
                shear=0.08,
                translation=0.6,
                elastic=0.8,
            ),
            networks=2,
        ),
        Preset(
            "overfitting",
            "What can go wrong",
            "Overfitting",
            "With only 1,000 images, the network memorises them: training and validation accuracy "
            "diverge.",
            Hyperparameters(
                hidden_layers=(100,),
                cost="cross-entropy",
                learning_rate=0.5,
                training_images=1000,
                epochs=100,
            ),
        ),
        Preset(
            "too fast",
            "What can go wrong",
            "Learning rate too high",
            "A learning rate that is much too large: the steps overshoot the valley.",
            Hyperparameters(hidden_layers=(30,), learning_rate=100.0, epochs=5),
        ),
        Preset(
            "too deep",
            "What can go wrong",
            "Too many layers",
            "Six hidden layers of sigmoid neurons: each shrinks the gradient, so the first ones "
            "hardly learn.",
            Hyperparameters(hidden_layers=(30, 30, 30, 30, 30, 30), learning_rate=0.5, epochs=10),
        ),
    )
}
"""Named hyperparameters to start from."""

# What "basic" was called in settings and files until digitpad had headings.
_EARLIER_NAMES = {"text": "basic"}


def find_preset(name: str) -> Preset | None:
    """Return the preset of this name, which may be spelt with hyphens or be an earlier one."""
    name = _EARLIER_NAMES.get(name, name)
    spelt = {preset.spelling: preset for preset in PRESETS.values()}
    return PRESETS.get(name, spelt.get(name))
