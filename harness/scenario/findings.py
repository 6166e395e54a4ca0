"""What is wrong with a document, by path: pydantic's errors in our words, with what was got and what to do."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from harness.scenario import arrays, assertion_model, claim_model, difference_model, layer_models, model, vocabulary
from harness.scenario.text import Path, got, name_of, nearest, one_of


@dataclass(frozen=True, kw_only=True, slots=True)
class Finding:
    """One thing wrong at ``path``; ``at_key`` when it is the key itself."""

    path: Path
    message: str
    hint: str | None = None
    at_key: bool = False


_BY_KEY: Mapping[str, type[BaseModel]] = {
    "initializers": model.Initializers,
    "layer": model.Layer,
    "renorm_clipping": model.Clipping,
    "unchecked": model.Unchecked,
    "adjustment": model.Adjustment,
    "tolerance": model.ToleranceModel,
    "claims": model.ClaimModel,
    "expect_difference": difference_model.DifferenceModel,
    "same_as": claim_model.SameAsModel,
    "releases": claim_model.ReleasesModel,
    "reported": claim_model.SymptomModel,
    **vocabulary.ARGUMENTS,
    **layer_models.MODELS,
    "@values": arrays.Values,
    "@random": arrays.Random,
    "@arange": arrays.Arange,
    "@file": arrays.File,
    "@full": arrays.Full,
}
_ASSERTED: Mapping[str, type[BaseModel]] = {
    "assert": assertion_model.AssertionModel,
    "same_as": assertion_model.OtherModel,
    "differs_from": assertion_model.OtherModel,
    "mean_near": assertion_model.NearModel,
    "std_near": assertion_model.NearModel,
}
_TOLERATED = dict.fromkeys(model.ToleranceModel.model_fields.keys() - {"reason"}, model.BoundModel)

_EXPECTED = {
    "string_type": "text",
    "int_type": "an integer",
    "int_from_float": "an integer",
    "float_type": "a number",
    "bool_type": "true or false",
    "list_type": "a list",
    "dict_type": "a mapping",
    "model_type": "a mapping",
    "finite_number": "finite",
}


def from_validation(error: ValidationError, section: Path = ()) -> list[Finding]:
    """A finding for every error, in document order of their sections; what was validated stands at ``section``."""
    return [_finding(_moved(details, section)) for details in error.errors(include_url=False)]


def _moved(details: ErrorDetails, section: Path) -> ErrorDetails:
    return {**details, "loc": (*section, *details["loc"])}


def _finding(details: ErrorDetails) -> Finding:
    located = details["loc"]
    path = tuple(part for part in located if not (isinstance(part, str) and part.startswith("@")))
    if path and path[-1] == "[key]":
        return _bad_key(path[:-1])
    kind = details["type"]
    special = _SPECIAL.get(kind)
    if special is not None:
        return special(details, path)
    value = details["input"]
    if kind in _EXPECTED:
        hint = _type_hint(value, _EXPECTED[kind]) or _description(located)
        return Finding(path=path, message=f"{name_of(path)} must be {_EXPECTED[kind]}, got {got(value)}", hint=hint)
    return Finding(
        path=path, message=f"{name_of(path)}: {details['msg']}, got {got(value)}", hint=_description(located)
    )


def _model_of(located: tuple[str | int, ...]) -> type[BaseModel] | None:
    """The model of the mapping at ``located``, a location as pydantic gives it."""
    keys = [part for part in located if isinstance(part, str) and part not in ("@list", "@mapping")]
    if not keys:
        return model.ScenarioFile
    if keys[0] == "tolerance" and len(keys) == 2:
        return _TOLERATED.get(keys[1])
    if keys[0] == "assert" and keys[-1] in _ASSERTED:
        return _ASSERTED[keys[-1]]
    return _BY_KEY.get(keys[-1])


def _field(located: tuple[str | int, ...]) -> FieldInfo | None:
    """The declaration of the innermost key of ``located`` that is a field."""
    for index in range(len(located) - 1, -1, -1):
        owner = _model_of(located[:index])
        if owner is not None and located[index] in (fields := _fields(owner)):
            return fields[str(located[index])]
    return None


def _fields(owner: type[BaseModel]) -> dict[str, FieldInfo]:
    """The fields by the names that a file has them under."""
    return {field.alias or name: field for name, field in owner.model_fields.items()}


def _description(located: tuple[str | int, ...]) -> str | None:
    field = _field(located)
    return field.description if field else None


def _unknown_key(details: ErrorDetails, path: Path) -> Finding:
    key = str(path[-1])
    owner = _model_of(details["loc"][:-1])
    known = list(_fields(owner)) if owner else []
    return Finding(path=path, message=f"unknown key '{key}'", hint=_key_hint(key, known, path), at_key=True)


def _key_hint(key: str, known: list[str], path: Path) -> str:
    near = nearest(key, known)
    if near:
        return f"did you mean '{near}'?"
    if len(path) > 1 and key in _fields(model.ScenarioFile):
        return f"'{key}' belongs at the top level of the file"
    if len(path) == 1 and key in model.Layer.model_fields:
        return f"'{key}' belongs under layer"
    return f"known keys here: {', '.join(known)}"


def _missing(details: ErrorDetails, path: Path) -> Finding:
    description = _description(details["loc"])
    return Finding(path=path[:-1], message=f"{path[-1]} is missing", hint=f"{path[-1]}: {description}")


def _no_generator(details: ErrorDetails, path: Path) -> Finding:
    value = details["input"]
    near = next((near for key in value if (near := nearest(key, arrays.GENERATORS))), None)
    hint = f"did you mean '{near}'?" if near else "{values: [[1, 2], [3, 4]]} holds literal numbers"
    message = f"{name_of(path)} must be numbers or have one of the keys {one_of(arrays.GENERATORS)}, got {got(value)}"
    return Finding(path=path, message=message, hint=hint)


def _custom(details: ErrorDetails, path: Path) -> Finding:
    context = details["ctx"]
    path = (*path, *context.get("path", ()))
    return Finding(path=path, message=f"{name_of(path)} {context['message']}", hint=context.get("hint"))


def _not_allowed(details: ErrorDetails, path: Path) -> Finding:
    words = [str(word) for word in re.findall(r"'([^']*)'", details["ctx"]["expected"])]
    value = details["input"]
    near = nearest(value, words) if isinstance(value, str) else None
    if near is None and isinstance(value, str):
        near = next((word for word in words if word.startswith(value)), None)
    message = f"{name_of(path)} must be {one_of(words)}, got {got(value)}"
    hint = f"did you mean {near}?" if near else _description(details["loc"])
    return Finding(path=path, message=message, hint=hint)


def _out_of_range(details: ErrorDetails, path: Path) -> Finding:
    limits = {name: value for name, value in details["ctx"].items() if name in ("ge", "le")}
    for constraint in _constraints(details["loc"]):
        limits.update({name: limit for name in ("ge", "le") if (limit := getattr(constraint, name, None)) is not None})
    if len(limits) == 2:
        expected = f"between {_plain(limits['ge'])} and {_plain(limits['le'])}"
    else:
        expected = f"at least {_plain(limits['ge'])}" if "ge" in limits else f"at most {_plain(limits['le'])}"
    message = f"{name_of(path)} must be {expected}, got {got(details['input'])}"
    return Finding(path=path, message=message, hint=_description(details["loc"]))


def _plain(limit: float) -> str:
    return str(int(limit)) if float(limit).is_integer() else str(limit)


def _constraints(located: tuple[str | int, ...]) -> Iterable[Any]:
    # Of a list's elements the limits are not the field's: they are then told one by one.
    if not located or not isinstance(located[-1], str):
        return ()
    field = _field(located)
    return field.metadata if field else ()


def _too_short(details: ErrorDetails, path: Path) -> Finding:
    least, actual = details["ctx"]["min_length"], details["ctx"].get("actual_length", 0)
    message = f"{name_of(path)} must not be empty"
    if least > 1:
        message = f"{name_of(path)} must have at least {least} elements, got {actual}"
    return Finding(path=path, message=message, hint=_description(details["loc"]))


def _too_long(details: ErrorDetails, path: Path) -> Finding:
    message = f"{name_of(path)} must have at most {details['ctx']['max_length']} elements, got {got(details['input'])}"
    return Finding(path=path, message=message, hint=_description(details["loc"]))


def _bad_pattern(details: ErrorDetails, path: Path) -> Finding:
    value = details["input"]
    if not value.strip():
        return Finding(path=path, message=f"{name_of(path)} must not be empty", hint=_description(details["loc"]))
    message = f"{name_of(path)} must be lower case, digits, - and _, got {got(value)}"
    return Finding(path=path, message=message)


def _bad_key(path: Path) -> Finding:
    """A key of ``expect``, the only mapping whose keys have a pattern."""
    key = str(path[-1])
    near = nearest(key.partition("[")[0], model.MEASURED)
    hint = f"did you mean '{near}'?" if near else "an element is written output[0,0,0]"
    message = f"'{key}' is not a field ({one_of(model.MEASURED)}) with or without an index"
    return Finding(path=path, message=message, hint=hint, at_key=True)


def _type_hint(value: Any, expected: str) -> str | None:
    if expected == "true or false" and isinstance(value, str):
        return "YAML 1.2 reads yes, no, on and off as text"
    if expected in ("a number", "an integer") and isinstance(value, str) and re.fullmatch(r"[-+.0-9eE]+", value):
        return "write it without quotes"
    return None


_SPECIAL: Mapping[str, Callable[[ErrorDetails, Path], Finding]] = {
    "extra_forbidden": _unknown_key,
    "missing": _missing,
    "union_tag_not_found": _no_generator,
    "nested": _custom,
    "argument": _custom,
    "claim": _custom,
    "literal_error": _not_allowed,
    "greater_than_equal": _out_of_range,
    "less_than_equal": _out_of_range,
    "too_short": _too_short,
    "too_long": _too_long,
    "string_too_short": _too_short,
    "string_pattern_mismatch": _bad_pattern,
}
