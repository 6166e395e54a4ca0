"""The rules about ``training`` and ``trainable``: who reads which flag when, and what follows."""

from __future__ import annotations

from harness.rules.rule import Answer, Rule, Topic, answers_of

_TF2_DOCS = "https://www.tensorflow.org/api_docs/python/tf/keras/layers/BatchNormalization"
_V1_DOCS = "https://www.tensorflow.org/api_docs/python/tf/compat/v1/layers/batch_normalization"
_KERAS_FREEZING = "https://keras.io/guides/transfer_learning/"

FLAGS: tuple[Rule, ...] = (
    Rule(
        id="frozen-normalizes-with",
        topic=Topic.FLAGS,
        question="Which statistics does a frozen layer (trainable=False) normalize with when it is called in training?",
        answers=answers_of(
            batch="A frozen layer called with training=True normalizes with the batch's own statistics.",
            moving="A frozen layer is in inference: it normalizes with the moving statistics whatever training says.",
        ),
        links=(_TF2_DOCS, _V1_DOCS),
    ),
    Rule(
        id="frozen-updates",
        topic=Topic.FLAGS,
        question="Does a frozen layer that is called in training update its moving statistics?",
        answers=answers_of(
            yes="A frozen layer called with training=True goes on updating its moving statistics.",
            no="A frozen layer leaves its moving statistics alone.",
            fused_only="A frozen layer goes on updating its moving statistics for the fused kernel only, not in fit.",
        ),
        links=(_TF2_DOCS,),
    ),
    Rule(
        id="frozen-renorm",
        topic=Topic.FLAGS,
        question="Does a frozen layer that normalizes with the batch update renormalization's running statistics?",
        answers=answers_of(
            yes="A frozen layer goes on updating the running statistics of batch renormalization.",
            no="A frozen layer leaves the running statistics of batch renormalization alone.",
        ),
    ),
    Rule(
        id="omitted-training",
        topic=Topic.FLAGS,
        question="What does a call without the training argument do?",
        answers=answers_of(
            inference="A call without training is inference.",
            training="A call without training is training.",
            ValueError="A call without training raises ValueError: no learning phase is set.",
            InvalidArgumentError="A call without training raises InvalidArgumentError: no learning phase is fed.",
        ),
        links=(_TF2_DOCS, _V1_DOCS),
    ),
    Rule(
        id="fed-false-updates",
        topic=Topic.FLAGS,
        question="Does a call whose training is a tensor that turns out false update its moving statistics?",
        answers=answers_of(
            no="A call with a tensor that is false updates nothing.",
            yes="A call with a tensor that is false normalizes as in inference, and updates all the same.",
        ),
    ),
    Rule(
        id="omitted-registers",
        topic=Topic.FLAGS,
        question="In a graph, does a call without training register updates, for when the learning phase is fed?",
        answers=answers_of(
            no="A call without training registers no update.",
            yes="A call without training registers updates that run when the learning phase says so.",
        ),
    ),
    Rule(
        id="constant-registers",
        topic=Topic.FLAGS,
        question="In a graph, does a call with a constant false tensor as training register updates?",
        answers=answers_of(
            no="A constant tensor is looked into: with false in it the call is inference, and registers no update.",
            yes="Any tensor is decided on by the run: the call registers updates that then do not happen.",
        ),
    ),
    Rule(
        id="freeze-model",
        topic=Topic.FLAGS,
        question="What does setting trainable on a model do to the layers in it?",
        answers=answers_of(
            every_layer="trainable set on a model is set on every layer in it.",
            model_only="trainable set on a model is its own: nothing in it is trained, its layers stay as they were.",
        ),
        links=(_TF2_DOCS,),
    ),
    Rule(
        id="thawed-in-frozen-model",
        topic=Topic.FLAGS,
        question="In fit of a frozen model, does a layer that was thawed again update its moving statistics?",
        answers=answers_of(
            updates="A layer goes by its own flag: thawed, it updates its moving statistics in a frozen model too.",
            stands="The updates of a frozen model do not run, whatever the flags of its layers.",
        ),
    ),
    Rule(
        id="freeze-unbuilt",
        topic=Topic.FLAGS,
        question="Does freezing a layer that has no variables yet keep a model from training them?",
        answers=answers_of(
            reaches="Variables made by a frozen layer are not trained.",
            misses="Variables made by a frozen layer do not know that it is frozen: the model trains them.",
        ),
        links=(_KERAS_FREEZING,),
    ),
    Rule(
        id="freeze-after-trace",
        topic=Topic.FLAGS,
        question="Does a traced function notice that trainable was set after it had been traced?",
        answers=answers_of(
            noticed="trainable is looked at in every call.",
            ignored="A traced function goes on with the trainable of when it was traced.",
        ),
        links=("https://www.tensorflow.org/guide/function",),
    ),
)

_MOMENTS = {
    "build": "when the layer is called to put the model together",
    "compile": "when the model is compiled",
    "first-step": "in the first step of training after compile, where the training function is made",
    "every-step": "in every step",
}
"""Moments at which a front end may look at ``trainable``."""


def _reads(rule: str, question: str, what: str, moments: tuple[str, ...]) -> Rule:
    answers = tuple(Answer(id=moment, says=f"{what} {_MOMENTS[moment]}.") for moment in moments)
    return Rule(id=rule, topic=Topic.FLAGS, question=question, answers=answers, links=(_KERAS_FREEZING,))


FITTING: tuple[Rule, ...] = (
    _reads(
        "fit-reads-frozen",
        "In fit and train_on_batch, when is it decided that a frozen layer counts as frozen?",
        "Whether the layer is frozen is looked at",
        ("build", "compile", "first-step", "every-step"),
    ),
    _reads(
        "fit-gathers-updates",
        "In fit and train_on_batch of a graph, when are the updates gathered that run?",
        "The updates to run, none of a frozen layer's, are gathered",
        ("compile", "first-step", "every-step"),
    ),
    _reads(
        "fit-gathers-weights",
        "In fit and train_on_batch, when are the weights gathered that the optimizer moves?",
        "The trainable weights are gathered",
        ("compile", "first-step", "every-step"),
    ),
    _reads(
        "eager-fit-gathers-weights",
        "In fit and train_on_batch with run_eagerly=True, when are the weights gathered that the optimizer moves?",
        "The trainable weights of a model that runs eagerly are gathered",
        ("compile", "first-step", "every-step"),
    ),
)
