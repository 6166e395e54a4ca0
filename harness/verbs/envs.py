"""``harness envs``: the environments of the releases, listed, made, checked and removed."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, TypeVar

from harness.errors import HarnessError, InvalidOption, Problem, ReleaseUnavailable

if TYPE_CHECKING:
    from concurrent.futures import Future

    from harness.releases.catalog import Spec
    from harness.releases.environment import Say
    from harness.releases.manifest import Environment

SUMMARY = "list, make, check and remove the environments that releases run in"

# Making one is mostly waiting for the network and the disk, and a third at once made none of them faster.
_AT_ONCE = 2
_Result = TypeVar("_Result")
_WORDS = "2.15.1, 2.15, 1.8..1.15, '>=2.16', 2.21.0+keras-3.5.0, all, or minors"


def configure(parser: argparse.ArgumentParser) -> None:
    """The options of ``harness envs`` and of its actions."""
    parser.description = (
        f"{SUMMARY}\n\nThey are kept in HARNESS_CACHE, else in the platform's cache directory, and made with uv."
    )
    actions = parser.add_subparsers(dest="action", metavar="ACTION", title="actions", required=True)
    _add(actions, "list", _list, "which releases there are, and which are made", f"default: all; {_WORDS}")
    create = _add(actions, "create", _create, "make what is not there yet", _WORDS)
    create.add_argument(
        "--jobs",
        type=int,
        choices=range(1, 9),
        default=_AT_ONCE,
        metavar="N",
        help="how many at once, 1 to 8 (default: %(default)s)",
    )
    _add(actions, "check", _check, "import them and compare versions", f"default: all that are made; {_WORDS}")
    _add(
        actions,
        "remove",
        _remove,
        "delete them from the cache",
        f"{_WORDS}; outdated: what would be made otherwise now",
    )


def run(options: argparse.Namespace) -> int:
    """0; or 5 when an environment could not be had or is not as it should be."""
    action: Callable[[argparse.Namespace], int] = options.envs_action
    return action(options)


def _add(
    actions: argparse._SubParsersAction[argparse.ArgumentParser],
    name: str,
    action: Callable[[argparse.Namespace], int],
    summary: str,
    words: str,
) -> argparse.ArgumentParser:
    parser = actions.add_parser(name, help=summary, description=f"{summary[0].upper()}{summary[1:]}.")
    parser.add_argument("releases", nargs="*", metavar="RELEASE", help=words)
    parser.add_argument(
        "--keras",
        action="append",
        default=[],
        metavar="VERSION",
        help="with this Keras 3, for TensorFlow 2.16 and later; the same forms; repeatable",
    )
    parser.add_argument("-v", "--verbose", action="store_true", help="what is in them, and where they are")
    parser.set_defaults(envs_action=action)
    return parser


def _list(options: argparse.Namespace) -> int:
    from harness.releases.environment import find, made
    from harness.releases.manifest import folder_name
    from harness.releases.selection import resolve
    from harness.report.layout import in_bytes

    named = options.releases or options.keras
    specs = resolve(options.releases or ([] if options.keras else ["all"]), options.keras)
    wanted = {folder_name(spec) for spec in specs}
    others = () if named else tuple(one for one in made() if one.folder.name not in wanted)
    rows = [_row(spec.name, spec.python, find(spec), "yes") for spec in specs]
    rows += [_row(one.name, _series(one), one, "yes" if _current(one) else "outdated") for one in others]
    _print_table("made", rows, options)
    environments = [one for spec in specs if (one := find(spec))] + list(others)
    total, own = sum(one.size for one in environments), sum(one.own for one in environments)
    _say(f"{len(environments)} made, {in_bytes(total)}; {in_bytes(own)} of it shared with nothing else")
    return 0


def _create(options: argparse.Namespace) -> int:
    from harness.releases.environment import ensure, find

    specs = _named(options)
    there = {spec.name for spec in specs if find(spec) is not None}
    made, failed = _each(specs, ensure, options.jobs)
    state = {name: "was there" if name in there else f"made in {one.seconds:.0f} s" for name, one in made.items()}
    rows = [_row(spec.name, spec.python, made.get(spec.name), state.get(spec.name, "unavailable")) for spec in specs]
    _print_table("result", rows, options)
    return _conclude(specs, failed, "could not be had")


def _check(options: argparse.Namespace) -> int:
    from harness.releases.environment import made
    from harness.releases.selection import resolve

    if options.releases or options.keras:
        specs = resolve(options.releases, options.keras)
    else:
        specs = resolve([one.name for one in made() if _current(one)])
    checked, failed = _each(specs, _checked, _AT_ONCE)
    rows = [
        _row(spec.name, spec.python, checked.get(spec.name), "ok" if spec.name in checked else "FAILED")
        for spec in specs
    ]
    _print_table("check", rows, options)
    return _conclude(specs, failed, "failed the check")


def _checked(spec: Spec, say: Say) -> Environment:
    """The environment of ``spec``, which is as it should be."""
    from harness.releases.environment import check, find

    environment = find(spec)
    if environment is None:
        raise ReleaseUnavailable(
            Problem(place=spec.name, message="is not made", hint=f"harness envs create {spec.name}")
        )
    deviations = check(environment, spec)
    if deviations:
        again = f"harness envs remove {spec.name} && harness envs create {spec.name}"
        raise ReleaseUnavailable(Problem(place=spec.name, message="; ".join(deviations), hint=again))
    say(f"{spec.name}: imports")
    return environment


def _remove(options: argparse.Namespace) -> int:
    from harness.releases.environment import made, remove
    from harness.report.layout import in_bytes

    match options.releases:
        case ["all"] if not options.keras:
            doomed = list(made())
        case ["outdated"] if not options.keras:
            doomed = [one for one in made() if not _current(one)]
        case _:
            names = {spec.name for spec in _named(options)}
            doomed = [one for one in made() if one.name in names]
    for environment in doomed:
        remove(environment, _say)
        print(f"removed {environment.name} ({in_bytes(environment.size)})")
    if not doomed:
        _say("nothing to remove: none of these is made")
    return 0


def _named(options: argparse.Namespace) -> tuple[Spec, ...]:
    from harness.releases.selection import resolve

    if not options.releases and not options.keras:
        raise InvalidOption(
            Problem(place=f"harness envs {options.action}", message="which releases?", hint=f"name them: {_WORDS}")
        )
    return resolve(options.releases, options.keras)


def _each(
    specs: Sequence[Spec], work: Callable[[Spec, Say], _Result], at_once: int
) -> tuple[dict[str, _Result], dict[str, HarnessError]]:
    """What ``work`` made of each spec, and what went wrong with the others, by name."""
    from concurrent.futures import ThreadPoolExecutor, as_completed
    from threading import Event

    interrupted = Event()

    def say(text: str) -> None:
        # Ctrl-C reaches this thread's children at most, and only the one that happens to run.
        if interrupted.is_set():
            raise KeyboardInterrupt
        _say(text)

    done: dict[str, _Result] = {}
    failed: dict[str, HarnessError] = {}
    with ThreadPoolExecutor(at_once) as pool:
        names: dict[Future[_Result], str] = {pool.submit(work, spec, say): spec.name for spec in specs}
        try:
            for future in as_completed(names):
                try:
                    done[names[future]] = future.result()
                except HarnessError as error:
                    failed[names[future]] = error
                    _say(str(error))
        except KeyboardInterrupt:
            interrupted.set()
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    return done, failed


def _conclude(specs: Sequence[Spec], failed: Mapping[str, HarnessError], what: str) -> int:
    if not failed:
        return 0
    names = " ".join(spec.name for spec in specs if spec.name in failed)
    _say(f"{len(failed)} of {len(specs)} {what}: {names}")
    return max(error.exit_code for error in failed.values())


def _current(environment: Environment) -> bool:
    """Whether the release would still be made like this."""
    from harness.releases.manifest import folder_name
    from harness.releases.selection import resolve

    try:
        (spec,) = resolve([environment.name])
    except InvalidOption:
        return False
    return folder_name(spec) == environment.folder.name


def _row(name: str, python: str, environment: Environment | None, state: str) -> list[str]:
    from harness.report.layout import in_bytes

    if environment is None:
        return [name, python, "no" if state == "yes" else state, "", "", "", ""]
    installed = " ".join(
        f"{package} {version}" for package, version in environment.versions.items() if package != "tensorflow"
    )
    sizes = [in_bytes(environment.size), in_bytes(environment.own)]
    return [name, python, state, *sizes, installed, str(environment.folder)]


def _print_table(state: str, rows: Sequence[Sequence[str]], options: argparse.Namespace) -> None:
    from tabulate import tabulate

    headers = ["release", "python", state, "size", "own", "installed", "folder"]
    columns = len(headers) if options.verbose else 4
    shown = [row[:columns] for row in rows]
    aligned = ["left", "left", "left", "right", "right", "left", "left"][:columns]
    print(tabulate(shown, headers[:columns], tablefmt="simple", disable_numparse=True, colalign=aligned))


def _series(environment: Environment) -> str:
    return environment.versions["python"].rpartition(".")[0]


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
