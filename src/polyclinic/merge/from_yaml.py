"""Merge files of mergekit: read, checked key by key, and run as our own kinds in flavour `mergekit`.

What such a file asks for is either done, or said to change nothing, or refused with its file and line; no key is
overlooked. What is read is the format of mergekit 0.1.5.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from polyclinic import models as model_folders
from polyclinic.errors import did_you_mean
from polyclinic.merge.beside_weights import chat_template_of, read_json
from polyclinic.merge.mergekit_values import DEFAULTS, PER_MODEL, SHARED, Scopes, rules_and_values, scalar
from polyclinic.merge.yaml_nodes import Node, read_yaml
from polyclinic.steps import find_kind

KEYS = (
    "merge_method", "models", "slices", "base_model", "parameters", "dtype", "out_dtype", "tokenizer_source",
    "tokenizer", "chat_template", "modules", "name",
)  # fmt: skip
DTYPES = ("float32", "bfloat16", "float16")
BASE_IS_ONE_OF_THEM = ("linear", "karcher")  # methods in which the base is a model like the others


@dataclass(frozen=True)
class MergeFile:
    """What a merge file asks for, as a kind of ours and its settings."""

    kind: str
    fields: dict[str, Any]
    notes: list[str]  # what in it changes nothing, or is done otherwise


def from_yaml(file: Path, *, out: Path, seed: int = 0, folders: Mapping[str, Path] | None = None) -> Path:
    """Run a mergekit merge file and return `out`.

    Args:
        file: the YAML file.
        out: the model folder to make; must not exist.
        seed: decides what dare and della drop.
        folders: where models lie that the file calls by another name, such as that of a hub.

    Raises UserError for everything in the file that is unknown or cannot be done, with its line.
    """
    read = read_merge_file(file, folders or {})
    return find_kind(read.kind)(out=out, seed=seed, **read.fields)


def read_merge_file(file: Path, folders: Mapping[str, Path] | None = None) -> MergeFile:
    """Return what a merge file asks for. Raises UserError for what is unknown or cannot be done, with its line."""
    root = read_yaml(file)
    if not isinstance(root.value, dict):
        raise root.error("expected a mapping with merge_method and models")
    root.check_keys(KEYS)
    for key, advice in (
        ("modules", "models of several modules are merged by hand, one module after the other"),
        ("tokenizer", "per-token rules are not known; use tokenizer_source: base or union"),
    ):
        if key in root.value:
            raise root.value[key].error(f"'{key}' is not supported: {advice}")
    method_node = root.get("merge_method")
    if method_node is None:
        raise root.error("merge_method is missing")
    method = method_node.value
    if method not in DEFAULTS:
        raise method_node.error(
            f"the method {method!r} is not known{did_you_mean(str(method), DEFAULTS)}; "
            f"known are {', '.join(DEFAULTS)}"
        )
    finder = _Folders(file, folders or {})
    notes: list[str] = []
    base_node = root.get("base_model")
    sources, common = _sources(root, finder)
    base = finder.find(base_node) if base_node is not None else None
    if base is None:
        if method not in BASE_IS_ONE_OF_THEM:
            raise root.error(f"base_model is missing, and {method} needs one")
        base = sources[0].folder
        notes.append(f"no base_model: configuration, tokenizer and dtype are those of the first model, {base}")
    if method in BASE_IS_ONE_OF_THEM:
        if root.get("models") is not None and all(source.folder != base for source in sources):
            sources.append(_Source(base, None))
    else:
        for source in sources:
            if source.folder == base and source.parameters is not None:
                notes.append(f"{source.parameters.place}: the base's own parameters change nothing")
        sources = [source for source in sources if source.folder != base]
    if method == "slerp" and len(sources) != 1:
        raise root.error(f"slerp takes the base and one other model, found {len(sources)} others")
    if not sources:
        raise root.error("there is no model beside the base")
    scopes = Scopes(root, method, [source.parameters for source in sources], common)
    fields: dict[str, Any] = {"base": base, "models": [source.folder for source in sources]}
    if method not in ("linear", "slerp", "karcher", "task_arithmetic"):
        fields["flavour"] = "mergekit"
    notes += _check_parameters(method, scopes)
    fields |= _shared(method, scopes)
    fields |= rules_and_values(scopes, finder.tensor_names(base))
    fields |= _dtype(root, notes)
    fields |= _tokenizer(root, base, finder, notes)
    fields |= _chat_template(root, [base, *(source.folder for source in sources)])
    return MergeFile(f"merge.{method}", fields, notes)


@dataclass(frozen=True)
class _Source:
    folder: Path
    parameters: Node | None


@dataclass
class _Folders:
    """Where the models lie that a file names."""

    file: Path
    known: Mapping[str, Path]

    def find(self, node: Node) -> Path:
        """Return the folder of a model. Raises UserError when there is none."""
        name = node.value
        if isinstance(name, dict):
            node.check_keys(("model", "lora", "override_architecture"))
            if "override_architecture" in name:
                raise name["override_architecture"].error("override_architecture is not supported")
            if "lora" in name:
                return self.find(name["lora"])
            if "model" not in name:
                raise node.error("expected a model")
            return self.find(name["model"])
        if not isinstance(name, str) or not name:
            raise node.error(f"expected the folder of a model, found {name!r}")
        text = name.partition("+")[2] or name  # base+adapter: the adapter, which is put over the merge's base
        for folder in (self.known.get(name), self.known.get(text), Path(text), self.file.parent / text):
            if folder is not None and folder.is_dir():
                return folder
        raise node.error(
            f"there is no folder {text}; models are read from folders: fetch it first, and if it lies elsewhere say "
            f"so with --model {text}=FOLDER"
        )

    def tensor_names(self, base: Path) -> list[str]:
        """Return the names of a model's tensors."""
        model_folders.check_model_folder(base)
        return [n for file in model_folders.weight_files(base) for n in model_folders.read_header(file)]


def _sources(root: Node, finder: _Folders) -> tuple[list[_Source], list[Node]]:
    """Return the models with their own parameters, and the parameters for all, the nearest first."""
    given = [key for key in ("models", "slices") if root.get(key) is not None]
    if len(given) != 1:
        raise root.error("expected either models or slices")
    common = [node for node in [root.get("parameters")] if node is not None]
    if given == ["models"]:
        entries = root.value["models"]
        allowed: tuple[str, ...] = ("model", "parameters")
    else:
        (one,) = root.value["slices"].items(1, "slices that are put on top of each other are not supported; ")
        one.check_keys(("sources", "base_model", "parameters", "residual_weight"))
        for key in ("base_model", "residual_weight"):
            if one.get(key) is not None:
                raise one.value[key].error(f"'{key}' of a slice is not supported")
        entries = one.get("sources") or one
        common = [node for node in [one.get("parameters")] if node is not None] + common
        allowed = ("model", "layer_range", "parameters")
    sources = []
    for entry in entries.items():
        entry.check_keys(allowed)
        model = entry.get("model")
        if model is None:
            raise entry.error("model is missing")
        folder = finder.find(model)
        if (layers := entry.get("layer_range")) is not None:
            _check_all_layers(layers, folder)
        sources.append(_Source(folder, entry.get("parameters")))
    return sources, common


def _check_all_layers(node: Node, folder: Path) -> None:
    found = [item.value for item in node.items()]
    config = folder / "config.json"
    count = read_json(config).get("num_hidden_layers") if config.is_file() else None
    if len(found) != 2 or found[0] != 0 or (count is not None and found[1] != count):
        raise node.error(
            f"layer_range {found} is not the whole model ({folder} has {count} layers); "
            "models with some of the layers left out or repeated are not supported"
        )


def _check_parameters(method: str, scopes: Scopes) -> list[str]:
    notes = []
    for scope in scopes.all():
        for key, node in scope.mapping().items():
            if key not in (*PER_MODEL, *SHARED):
                raise node.error(
                    f"the parameter {key!r} is not known{did_you_mean(key, (*PER_MODEL, *SHARED))}; "
                    f"known are {', '.join((*PER_MODEL, *SHARED))}"
                )
            if key == "int8_mask":
                notes.append(f"{node.place}: int8_mask changes nothing: masks are never held as numbers here")
            elif key not in DEFAULTS[method]:
                notes.append(f"{node.place}: {key} is no parameter of {method} and changes nothing")
            elif key in SHARED and scope in scopes.models:
                notes.append(f"{node.place}: {key} of a single model changes nothing; it counts for all of them")
    return notes


def _shared(method: str, scopes: Scopes) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    for key, default in DEFAULTS[method].items():
        if key in PER_MODEL or key == "t":
            continue
        node = scopes.shared(key)
        value = default if node is None else scalar(node)
        if key in ("rescale", "filter_wise"):
            if node is not None and bool(value) != default:
                raise node.error(f"{key}: {value} is not supported: {method} always has {str(default).lower()}")
        else:
            ours = {"lambda": "scale", "max_iter": "iterations", "tol": "tolerance"}.get(key, key)
            fields[ours] = bool(value) if key == "normalize" else value
    return fields


def _dtype(root: Node, notes: list[str]) -> dict[str, Any]:
    node, computed = root.get("out_dtype"), root.get("dtype")
    for found in (node, computed):
        if found is not None and found.value not in DTYPES:
            raise found.error(f"the dtype {found.value!r} is not known; expected one of {', '.join(DTYPES)}")
    if node is not None and computed is not None and node.value != computed.value:
        notes.append(f"{computed.place}: dtype {computed.value} changes nothing: results are computed in float32")
    chosen = node or computed
    return {"dtype": chosen.value} if chosen is not None else {}


def _tokenizer(root: Node, base: Path, finder: _Folders, notes: list[str]) -> dict[str, Any]:
    node = root.get("tokenizer_source")
    if node is None:
        return {}
    if node.value in ("base", "union"):
        return {"vocabulary": node.value}
    source = finder.find(node)
    if source.resolve() != base.resolve():
        raise node.error(f"tokenizer_source can be base, union or the base_model, found {node.value!r}")
    return {"vocabulary": "base"}


def _chat_template(root: Node, folders: Sequence[Path]) -> dict[str, Any]:
    node = root.get("chat_template")
    if node is None or not node.value:
        return {}
    text = node.value
    if text == "auto":
        found = Counter(
            template for folder in dict.fromkeys(folders) if (template := chat_template_of(folder).strip())
        )
        return {"chat_template": found.most_common(1)[0][0]} if found else {}
    if text == "chatml":
        return {"chat_template": model_folders.CHAT_TEMPLATE}
    if not isinstance(text, str) or "{" not in text:
        raise node.error(f"chat_template can be auto, chatml or a Jinja template, found {text!r}")
    return {"chat_template": text}
