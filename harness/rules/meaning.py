"""The rules about what the layer does, apart from its flags (flags.py) and from what it refuses (refusals.py)."""

from __future__ import annotations

from harness.rules.flags import FITTING, FLAGS
from harness.rules.rule import Rule, Topic, answers_of

_TF2_DOCS = "https://www.tensorflow.org/api_docs/python/tf/keras/layers/BatchNormalization"
_V1_DOCS = "https://www.tensorflow.org/api_docs/python/tf/compat/v1/layers/batch_normalization"
_FUSED_DOCS = "https://www.tensorflow.org/api_docs/python/tf/raw_ops/FusedBatchNormV3"
_PAPER = "https://arxiv.org/abs/1502.03167"
_RENORM = "https://arxiv.org/abs/1702.03275"

_STATISTICS = (
    Rule(
        id="variance-estimator",
        topic=Topic.STATISTICS,
        question="On input that the fused kernel can take, which variance goes into the moving variance?",
        answers=answers_of(
            population="The moving variance follows the population variance: squared deviations over n.",
            sample="The moving variance follows the sample variance: squared deviations over n - 1.",
        ),
        links=(_PAPER, _FUSED_DOCS),
    ),
    Rule(
        id="variance-computed",
        topic=Topic.NUMBERS,
        question="How is the variance of a batch computed whose mean is far larger?",
        answers=answers_of(
            two_passes="The mean of squared deviations from the mean: exact to the last digits.",
            one_pass="The mean of squares less the square of the mean: digits cancel, down to a negative variance.",
        ),
        fine=True,
        sharpest_first=True,
    ),
    Rule(
        id="h5-order",
        topic=Topic.STRUCTURE,
        question="Whose values does a weight of a nested model get from an h5 file that was saved with other flags?",
        answers=answers_of(
            by_layer="Each weight gets its own values back.",
            trainable_first="Weights are matched in order, trainable ones first: other flags, other weights.",
        ),
    ),
    Rule(
        id="default-momentum",
        topic=Topic.STATISTICS,
        question="What is the momentum of a layer that gets none?",
        answers=answers_of(_0_99="The default momentum is 0.99.", _0_999="The default momentum is 0.999."),
        links=(_V1_DOCS,),
    ),
    Rule(
        id="mask",
        topic=Topic.STATISTICS,
        question="Do the statistics of the batch leave out what is masked?",
        answers=answers_of(
            ignored="A mask changes nothing: padded steps enter the statistics.",
            weighted="Only what is not masked enters the statistics.",
            weighted_unless_fused="What is masked is left out, but the fused kernel ignores the mask.",
        ),
        links=(_TF2_DOCS,),
    ),
    Rule(
        id="replica-statistics",
        topic=Topic.STATISTICS,
        question="What becomes of the moving statistics of replicas that normalize for themselves?",
        answers=answers_of(
            own="Each replica keeps its own, and the first replica's are the layer's.",
            mean="They are averaged over the replicas.",
        ),
    ),
    Rule(
        id="replica-mask",
        topic=Topic.STATISTICS,
        question="Does a layer that synchronizes its replicas do so under a mask as well?",
        answers=answers_of(
            together="Under a mask too, the statistics are those of the whole batch.",
            apart="Under a mask each replica normalizes with its own part of the batch, whatever synchronized says.",
        ),
    ),
    Rule(
        id="short-mask",
        topic=Topic.STATISTICS,
        question="What does a mask with too few dimensions do that is not refused?",
        answers=answers_of(
            ignored="A mask with too few dimensions changes nothing.",
            last_dimensions="It is repeated along the first dimensions, but divides by its own sum: wrong statistics.",
        ),
    ),
    Rule(
        id="variables-read-in",
        topic=Topic.DTYPES,
        question="Under a mixed precision policy, in which dtype does the layer read its variables?",
        answers=answers_of(
            variable="In float32, as they are: so are the moving averages computed.",
            policy="In the 16 bits of the policy: gamma and beta are rounded, and every moving average loses digits.",
        ),
        sharpest_first=True,
    ),
    Rule(
        id="mask-denominator",
        topic=Topic.STATISTICS,
        question="What does a sum over what is not masked get divided by?",
        answers=answers_of(
            weights="By the number of what counts: where everything is masked, 0 / 0 is NaN.",
            weights_and_epsilon="By that number plus 1e-7: where everything is masked, the statistics are 0.",
        ),
    ),
    Rule(
        id="synchronized-mask",
        topic=Topic.STATISTICS,
        question="What does a synchronized layer make of a mask?",
        answers=answers_of(
            ignored="A synchronized layer does not look at a mask.",
            weights="What is masked is left out; where everything is, 0 / 0 is NaN.",
            weights_and_epsilon="What is masked is left out; where everything is, the statistics are 0.",
        ),
    ),
    Rule(
        id="batch-loss",
        topic=Topic.STATISTICS,
        question="Which loss do train_on_batch and test_on_batch tell?",
        answers=answers_of(
            own="That of their own batch.",
            running_mean="The mean over the batches since compile, fit or evaluate.",
            running_mean_of_examples="The mean over the examples since then: small batches count less.",
        ),
    ),
    Rule(
        id="masked-loss",
        topic=Topic.STATISTICS,
        question="What does a loss that the model is compiled with take the mean of, where its output is masked?",
        answers=answers_of(
            ignored="Of everything: padded steps count in the loss.",
            kept="Of what is not masked.",
            all="Of everything, where what is masked counts as 0: padding makes the loss smaller.",
        ),
    ),
    Rule(
        id="concurrent-updates",
        topic=Topic.STATISTICS,
        question="What do several updates of one variable in one run add up to?",
        answers=answers_of(
            in_order="Updates of one run are made one after the other, each on what the one before left.",
            race="Updates of one run race: each reads what the others may or may not have written by then.",
        ),
        links=("https://github.com/tensorflow/tensorflow/issues/14353",),
    ),
    Rule(
        id="renorm-state",
        topic=Topic.STATISTICS,
        question="How does batch renormalization keep its running mean and deviation?",
        answers=answers_of(
            weights="They start at 0 with weights that start at 0; moving statistics follow their quotients.",
            moving_stddev="They start at the initial moving statistics; a moving deviation is kept beside them.",
        ),
        links=(_RENORM,),
    ),
)

_KERNEL = (
    Rule(
        id="fused-kernel",
        topic=Topic.KERNEL,
        question="Does the layer use a fused kernel when it gets no fused argument?",
        answers=answers_of(
            when_asked="The fused kernel runs only when the fused argument asks for it, if there is one.",
            automatic="The fused kernel runs wherever it can.",
            not_told="The front end has no notion of a fused kernel.",
        ),
        links=(_V1_DOCS,),
    ),
    Rule(
        id="fused-null",
        topic=Topic.KERNEL,
        question="Does the layer use a fused kernel when fused is None?",
        answers=answers_of(
            automatic="fused=None leaves the choice to the layer.",
            plain="fused=None is as good as False: no fused kernel.",
        ),
        links=(_V1_DOCS,),
    ),
    Rule(
        id="bfloat16-fused-output",
        topic=Topic.KERNEL,
        question="What does the fused kernel return of bfloat16 in inference?",
        answers=answers_of(
            output="The fused kernel returns the output.",
            empty_float32="The fused kernel returns a float32 tensor without elements.",
            empty="The fused kernel returns a bfloat16 tensor without elements.",
        ),
        links=(_FUSED_DOCS,),
    ),
    Rule(
        id="fused-ranks",
        topic=Topic.KERNEL,
        question="Which ranks does the fused kernel take?",
        answers=answers_of(
            _4="The fused kernel takes rank 4 only.",
            _4_or_5="The fused kernel takes ranks 4 and 5.",
            _2_or_4="The fused kernel takes ranks 2 and 4: rank 2 in a function that makes beta before gamma.",
        ),
        links=(_FUSED_DOCS,),
    ),
    Rule(
        id="fused-impossible",
        topic=Topic.KERNEL,
        question="What does fused=True do on input that the fused kernel cannot take?",
        answers=answers_of(
            falls_back="fused=True falls back to the plain computation.",
            ValueError="fused=True raises ValueError where the kernel cannot take the input.",
        ),
        links=(_TF2_DOCS,),
    ),
    Rule(
        id="epsilon-floor",
        topic=Topic.KERNEL,
        question="On input that the fused kernel can take, is a small epsilon used as it is given?",
        answers=answers_of(
            none="Epsilon is used as given.",
            _1_001e_5="Epsilon is raised to 1.001e-5 where it is smaller.",
        ),
        links=("https://www.tensorflow.org/api_docs/python/tf/compat/v1/nn/fused_batch_norm",),
    ),
)

_NUMBERS = (
    Rule(
        id="moving-average",
        topic=Topic.NUMBERS,
        question="How is the moving average written? (It matters to infinities: inf - inf is NaN.)",
        answers=answers_of(
            decrement="old - (old - new) (1 - momentum): the second infinite batch makes the statistic NaN.",
            weighted="old momentum + new (1 - momentum): an infinite statistic stays infinite.",
            weighted_when_fused="The fused kernel writes the weighted sum, the plain computation the decrement.",
        ),
    ),
    Rule(
        id="infinite-mean",
        topic=Topic.NUMBERS,
        question="What is the mean of a batch that holds an infinity?",
        answers=answers_of(
            infinite="The mean of a batch that holds one infinity is that infinity.",
            nan="The mean is taken of shifted values, and infinity - infinity is NaN.",
        ),
    ),
    Rule(
        id="decay-precision",
        topic=Topic.NUMBERS,
        question="In a float64 layer, how exact is 1 - momentum?",
        answers=answers_of(
            float32="1 - momentum passes through float32, which costs float64 statistics about 1.5e-8 of a change.",
            full="1 - momentum is computed in float64.",
        ),
    ),
    Rule(
        id="low-precision-plain",
        topic=Topic.NUMBERS,
        question="In which dtype does the plain computation normalize 16-bit values?",
        answers=answers_of(
            float32="16-bit values are normalized in float32 and rounded once.",
            own="16-bit values are normalized in their own dtype, rounding after every operation.",
        ),
        fine=True,
        sharpest_first=True,
    ),
)

_TRAINING = (
    Rule(
        id="adam-epsilon",
        topic=Topic.NUMBERS,
        question="What does Adam add to the root of its second moment unless told?",
        answers=answers_of(_1e_8="Adam's epsilon is 1e-8.", _1e_7="Adam's epsilon is 1e-7."),
        links=("https://www.tensorflow.org/api_docs/python/tf/compat/v1/train/AdamOptimizer",),
    ),
    Rule(
        id="frozen-penalty",
        topic=Topic.FLAGS,
        question="Does a regularizer of a frozen layer add to the losses?",
        answers=answers_of(
            counts="The penalty of a frozen weight counts.",
            none="A frozen weight has no penalty.",
        ),
    ),
    Rule(
        id="constraint-runs",
        topic=Topic.STATISTICS,
        question="Is a constrained weight projected after a step of an optimizer?",
        answers=answers_of(
            after_every_step="The constraint is applied after every step.",
            never="The optimizer does not know the constraint.",
        ),
    ),
)

_STRUCTURE = (
    Rule(
        id="variable-order",
        topic=Topic.STRUCTURE,
        question="In which order are gamma and beta created?",
        answers=answers_of(
            gamma_first="gamma comes before beta: positional checkpoints and get_weights() begin with gamma.",
            beta_first="beta comes before gamma: positional checkpoints and get_weights() begin with beta.",
            beta_first_when_fused="beta comes before gamma where the fused kernel runs, else after it.",
        ),
    ),
    Rule(
        id="default-scale",
        topic=Topic.STRUCTURE,
        question="Does a layer have a gamma unless told?",
        answers=answers_of(yes="A layer has a gamma unless told.", no="A layer has no gamma unless told."),
        links=(_V1_DOCS,),
    ),
    Rule(
        id="updates-run-by",
        topic=Topic.STRUCTURE,
        question="Who runs the updates of the moving statistics?",
        answers=answers_of(
            collection="The call registers update operations under UPDATE_OPS; whoever runs the step has to run them.",
            layer="The layer lists update operations as layer.updates; nothing is registered under UPDATE_OPS.",
            call="The call itself updates the moving statistics.",
            nobody="In a graph the updates are lost: nothing lists them and nothing runs them.",
        ),
        links=(_V1_DOCS,),
    ),
)

_DTYPES = (
    Rule(
        id="other-dtype",
        topic=Topic.DTYPES,
        question="What happens to floating-point input of another dtype than the layer's, float32 if none is given?",
        answers=answers_of(
            kept="The input keeps its dtype, and the output has it; without a dtype argument the layer takes it too.",
            cast="The input is cast to the dtype of the layer, and the output has that.",
        ),
        links=("https://www.tensorflow.org/guide/migrate",),
    ),
    Rule(
        id="low-precision-variables",
        topic=Topic.DTYPES,
        question="In which dtype does a layer of a 16-bit dtype store its variables?",
        answers=answers_of(
            float32="Variables of a 16-bit layer are float32.",
            own="Variables of a 16-bit layer are of that dtype.",
        ),
    ),
)

MEANING: tuple[Rule, ...] = (*FLAGS, *FITTING, *_STATISTICS, *_KERNEL, *_NUMBERS, *_TRAINING, *_STRUCTURE, *_DTYPES)
"""In the order of tables."""
