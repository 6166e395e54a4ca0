"""Layers that front ends come near to, as complete sets of answers: what there is to change one answer of."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from harness.rules import COMPUTES, RULES
from harness.rules.refusals import INTEGERS, MODES

_TF1 = {
    "fused-kernel": "automatic",
    "variance-estimator": "sample",
    "epsilon-floor": "1-001e-5",
    "renorm-state": "moving-stddev",
    "frozen-updates": "no",
    "frozen-renorm": "no",
}
_KERAS_2 = {
    **_TF1,
    "updates-run-by": "call",
    "other-dtype": "cast",
    "frozen-normalizes-with": "moving",
    "synchronized-mask": "weights",
}
_KERAS_3 = {
    "fused-kernel": "not-told",
    "frozen-normalizes-with": "moving",
    "frozen-updates": "no",
    "moving-average": "weighted",
    "decay-precision": "full",
    "renorm-state": "moving-stddev",
    "updates-run-by": "call",
    "other-dtype": "cast",
    "mask": "weighted",
}
# It refuses integers, since a refusal is what some rules are about.
_OWN_DTYPE = {
    **_TF1,
    "decay-precision": "full",
    "fused-kernel": "when-asked",
    "low-precision-variables": "own",
    **{f"{kind}-{mode}": "TypeError" for kind in INTEGERS for mode in MODES},
    "integers-in-model": "TypeError",
}


def complete(answers: Mapping[str, str]) -> Mapping[str, str]:
    """``answers``, and for every other rule that the layer computes, or else the rule's first answer."""
    rest = {rule.id: COMPUTES if COMPUTES in rule.answer_ids else rule.answer_ids[0] for rule in RULES}
    return MappingProxyType({**rest, **answers})


ARCHETYPES: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "first answers": complete({}),
        "tf.layers": complete(_TF1),
        "Keras 2": complete(_KERAS_2),
        "Keras 3": complete(_KERAS_3),
        "own dtype": complete(_OWN_DTYPE),
    }
)
"""By a name for it. None is a release: a release is the profile that is inferred from its measurements."""
