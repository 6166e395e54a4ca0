"""What ends the help of every verb: commands to start from, each with what it does."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

EXAMPLES: Mapping[str, tuple[tuple[str, str], ...]] = MappingProxyType(
    {
        "compare": (
            ("harness compare", "every scenario against its golden file"),
            ("harness compare flags -v", "one topic, case by case"),
            ("harness compare -k 'trainable=false and not rank' --runner tf1", "cases by their ids, on one runner"),
            ("harness compare --tf 2.21.0 --baseline 2.15.1", "what changes from one release to another, and why"),
            ("harness compare --runner all --fail-on difference", "a gate for a migration: runners have to be equal"),
            ("harness compare --shard 1/4 --json part-1.json", "a quarter, for harness merge"),
        ),
        "merge": (
            ("harness merge part-1.json part-2.json", "one report of two shards"),
            ("harness merge *.json --junit junit.xml", "of whatever the jobs wrote, as JUnit XML, too"),
        ),
        "record": (
            ("harness record flags/mine", "add what the installed TensorFlow does"),
            ("harness record --tf minors --runner all", "on the last patch of every minor, in every front end"),
            ("harness record flags --replace 2.21.0", "give up what is recorded of a release and differs now"),
            ("harness record --prune", "drop recorded cases that their scenario no longer has"),
        ),
        "upgrade": (
            ("harness upgrade latest", "what the newest TensorFlow changes, why, and which scenarios it touches"),
            ("harness upgrade 2.21.0 --keras 3.5.0 --record", "with that Keras 3, and add it to the golden files"),
        ),
        "show": (
            ("harness show flags/seed-article", "the arrays of tf1 and keras, side by side"),
            ("harness show 'flags/seed-article[training=true,trainable=false]' -v", "one case, with every digit"),
            ("harness show statistics/momentum --tf 1.15.5", "as a release did it"),
        ),
        "list": (
            ("harness list", "scenarios with their cases, runners, tags and titles"),
            ("harness list flags --cases", "the ids of all cases of a topic"),
            ("harness list --runners", "what a runner can be"),
        ),
        "validate": (
            ("harness validate", "every scenario"),
            ("harness validate scenarios/flags/mine.yaml", "one file"),
        ),
        "lint": (
            ("harness lint", "every scenario, and what is recorded"),
            ("harness lint flags/mine", "one scenario"),
            ("harness lint --list", "what is looked for"),
        ),
        "schema": (
            ("harness schema", "the JSON Schema that editors complete and check with"),
            ("harness schema --output scenarios/schema.json", "write it beside the scenarios"),
            ("harness schema --markdown", "the same as a reference to read"),
        ),
        "new": (("harness new flags/mine", "writes scenarios/flags/mine.yaml, which validates and runs"),),
        "envs": (
            ("harness envs list", "which releases there are, and which are made"),
            ("harness envs create 1.15 '>=2.16'", "make what is not there yet"),
            ("harness envs check", "import whatever is made and compare versions"),
            ("harness envs remove outdated", "free what old pins left behind"),
        ),
        "doctor": (("harness doctor", "what a bug report should begin with"),),
        "completion": (
            ('eval "$(harness completion bash)"', "in ~/.bashrc"),
            ('eval "$(harness completion zsh)"', "in ~/.zshrc, after compinit"),
            ("harness completion fish | source", "in ~/.config/fish/config.fish"),
        ),
        "matrix": (
            ("harness matrix flags/seed-article", "since when, case by case"),
            ("harness matrix --changes", "what changed in which release, the newest first"),
            ("harness matrix --readme README.md --check", "whether the table in a file is up to date"),
        ),
        "bisect": (
            ("harness bisect flags/seed-article --all", "every change of a scenario, to the exact release"),
            ("harness bisect flags/modes --good 2.15.1 --bad 2.16.1 --all", "between two releases"),
        ),
        "rules": (
            ("harness rules", "who answers what since which release"),
            ("harness rules frozen-normalizes-with", "one rule's story"),
            ("harness rules --markdown", "every rule and its answers, as a page to read"),
        ),
        "explain": (
            (
                "harness explain flags/seed-article --from tf1@1.15.5 --to keras@2.21.0",
                "why two releases or front ends differ, by rules",
            ),
        ),
        "migrate": (
            ("harness migrate flags/seed-article", "the Keras call that does what tf1 did, verified by running it"),
            ("harness migrate flags/seed-article --from tf1@1.15.5", "what a release did, from golden"),
        ),
        "claims": (
            ("harness claims", "which published sentences hold, since when"),
            ("harness claims flags/seed-article -v", "about one scenario, release by release"),
        ),
        "found": (
            ("harness found reported/keras-9522", "what became of one report"),
            ("harness found --output docs/what-we-found.md", "of all of them, and how the front ends differ"),
            ("harness found --output docs/what-we-found.md --check", "whether the page is up to date"),
        ),
        "html": (
            ("harness html", "write the golden files as a site that needs no server"),
            ("harness html flags --out flags-site", "one topic, into a folder of its own"),
        ),
    }
)
"""By verb; the command, and what it does."""

_WIDEST = 40
_FURTHEST = 80


def epilog(verb: str) -> str | None:
    """The examples of a verb, as its help ends; commands that are long have a line of their own."""
    pairs = EXAMPLES.get(verb)
    if pairs is None:
        return None
    column = max([len(command) for command, _ in pairs if len(command) <= _WIDEST], default=0)
    lines = []
    for command, what in pairs:
        if len(command) <= column and column + len(what) + 6 <= _FURTHEST:
            lines.append(f"  {command:{column}}    {what}")
        else:
            lines += [f"  {command}", f"      {what}"]
    return "\n".join(["examples:", *lines])
