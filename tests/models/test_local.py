"""A model in this process, as far as it can be looked at without one: names, folders, windows, replies."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from torimem import InvalidInput, MissingExtra, ModelError
from torimem.language.feeling import judge
from torimem.language.feeling.classifier import weights
from torimem.models import ChatMessage, load, local, pretrained
from torimem.models.local import trimmed
from torimem.models.pretrained import Pretrained, window

STOP = "\nUser:"


@pytest.fixture
def packages(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """As if these packages were here and no others; none of them is imported."""
    here = {"torch", "transformers"}
    monkeypatch.setattr(pretrained, "find_spec", lambda name: name in here or None)
    return here


# Names


@pytest.mark.parametrize("missing", ["torch", "transformers"])
def test_without_the_packages_it_names_the_extra(packages: set[str], missing: str) -> None:
    packages.remove(missing)
    calls: dict[str, Callable[[], object]] = {
        "model 'gpt2'": lambda: load("transformers:gpt2"),
        "emotion 'some/model#cpu'": lambda: judge.load_sentiment("hf:some/model#cpu"),
    }
    for what, call in calls.items():
        with pytest.raises(MissingExtra) as caught:
            call()
        assert str(caught.value) == (
            f"{what} needs the package {missing}: pip install 'torimem[transformers]'"
        )


@pytest.mark.usefixtures("packages")
def test_a_name_may_end_in_a_device(tmp_path: Path) -> None:
    found = [Pretrained("model", spec) for spec in ("gpt2", "org/m#cpu", "m#cuda:1", "m#mps", "m#auto")]
    assert [(one.name, one.device) for one in found] == [
        ("gpt2", "auto"),
        ("org/m", "cpu"),
        ("m", "cuda:1"),
        ("m", "mps"),
        ("m", "auto"),
    ]
    (tmp_path / "c#major").mkdir()
    folder = Pretrained("model", str(tmp_path / "c#major"))
    assert (folder.name, folder.device) == (str(tmp_path / "c#major"), "auto")


@pytest.mark.usefixtures("packages")
@pytest.mark.parametrize("device", ["gpu", "", "cuda:", "cuda:x", "CPU", "xpu"])
def test_an_unknown_device_is_refused_in_one_line(device: str) -> None:
    for call in (
        lambda: load(f"transformers:gpt2#{device}"),
        lambda: judge.load_sentiment(f"hf:gpt2#{device}"),
    ):
        with pytest.raises(InvalidInput) as caught:
            call()
        assert f"device {device!r} of " in str(caught.value)
        assert str(caught.value).endswith("'gpt2' is not known; use one of: auto, cpu, cuda, cuda:1, mps")


@pytest.mark.usefixtures("packages")
@pytest.mark.parametrize("spec", ["transformers:#cpu", "transformers: #cpu"])
def test_a_model_without_a_name_is_refused(spec: str) -> None:
    with pytest.raises(InvalidInput, match="has no name; give a folder or a name on the hub"):
        load(spec)


# Folders


def model_folder(folder: Path, *names: str) -> Path:
    folder.mkdir(exist_ok=True)
    for name in names:
        (folder / name).write_text("{}")
    return folder


@pytest.mark.usefixtures("packages")
@pytest.mark.parametrize(
    ("names", "lacking"),
    [
        ((), "config.json"),
        (("model.safetensors", "tokenizer.json"), "config.json"),
        (("config.json", "tokenizer.json"), "model.safetensors or pytorch_model.bin"),
        (("config.json", "pytorch_model.bin", "tokenizer_config.json"), "tokenizer.json"),
        (("config.json", "model.safetensors", "tokenizer.json"), ""),
        (("config.json", "pytorch_model.bin", "vocab.txt"), ""),
        (("config.json", "model.safetensors", "spiece.model"), ""),
    ],
)
def test_a_folder_says_what_it_lacks(tmp_path: Path, names: tuple[str, ...], lacking: str) -> None:
    found = Pretrained("model", str(model_folder(tmp_path / "m", *names)))
    if not lacking:
        assert found.folder() == tmp_path / "m"
        return
    with pytest.raises(ModelError) as caught:
        found.folder()
    assert str(caught.value) == (
        f"model '{tmp_path / 'm'}' has no {lacking} in its folder; copy or save the model afresh"
    )


@pytest.mark.usefixtures("packages")
@pytest.mark.parametrize("name", ["./m", "/no/such/folder", "a b", "~/no such", "a/b/c", "é", "a\nb"])
def test_what_is_no_folder_and_no_name_is_one_line(name: str) -> None:
    with pytest.raises(ModelError) as caught:
        Pretrained("model", name).folder()
    assert "is no folder here, and cannot be a name on the hub; check the path" in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.usefixtures("packages")
def test_the_digest_changes_with_the_weights_and_the_labels_alone(tmp_path: Path) -> None:
    folder = model_folder(tmp_path / "m", "config.json", "model.safetensors", "tokenizer.json")
    found = Pretrained("emotion", str(folder))
    first = found.digest()
    assert re.fullmatch("[0-9a-f]{8}", first)
    (folder / "README.md").write_text("new")
    (folder / "tokenizer.json").write_text("[]")
    (folder / "pytorch_model.bin").write_text("not the one that is read")
    assert found.digest() == first
    (folder / "config.json").write_text("[]")
    second = found.digest()
    (folder / "model.safetensors").write_text("[]")
    assert len({first, second, found.digest()}) == 3


@pytest.mark.usefixtures("packages")
def test_every_part_of_the_weights_counts(tmp_path: Path) -> None:
    folder = model_folder(tmp_path / "m", "config.json", "tokenizer.json", "a.safetensors", "b.safetensors")
    index = {"weight_map": {"x": "b.safetensors", "y": "a.safetensors", "z": "b.safetensors"}}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index))
    found = Pretrained("emotion", str(folder))
    first = found.digest()
    (folder / "b.safetensors").write_text("[]")
    assert found.digest() != first
    (folder / "b.safetensors").unlink()
    with pytest.raises(ModelError, match=r"has no b\.safetensors in its folder"):
        found.folder()


def test_of_the_hub_only_what_is_read_is_fetched() -> None:
    files = [
        "README.md", "config.json", "vocab.json", "merges.txt", "chat_template.jinja", "onnx/config.json",
        "model.safetensors", "pytorch_model.bin", "tf_model.h5", "flax_model.msgpack", "original/params.json",
        "consolidated.safetensors",
    ]  # fmt: skip
    small = ["config.json", "vocab.json", "merges.txt", "chat_template.jinja"]
    assert pretrained._wanted(files) == [*small, "model.safetensors"]
    files.remove("model.safetensors")
    assert pretrained._wanted(files) == [*small, "pytorch_model.bin"]
    parts = [f"model-0000{n}-of-00002.safetensors" for n in (1, 2)]
    assert pretrained._wanted([*parts, "model.safetensors.index.json"]) == [
        "model.safetensors.index.json",
        *parts,
    ]


# Windows


class Model:
    def __init__(self, padding: int | None = None, **config: object) -> None:
        self.config = SimpleNamespace(get_text_config=lambda: SimpleNamespace(**config))
        self.padding = padding

    def named_modules(self) -> list[tuple[str, object]]:
        return [("", self), ("embeddings.position_embeddings", SimpleNamespace(padding_idx=self.padding))]


@pytest.mark.parametrize(
    ("model", "tokenizer", "tokens"),
    [
        (Model(n_positions=1024), 10**30, 1024),
        (Model(max_position_embeddings=2048), 1024, 1024),
        (Model(max_position_embeddings=512), 10**30, 512),
        (Model(padding=1, max_position_embeddings=514), 10**30, 512),
        (Model(padding=1, max_position_embeddings=514), 512, 512),
        (Model(max_position_embeddings=-1), 512, 512),
        (Model(max_position_embeddings=None), 10**30, 99),
        (Model(), 0, 99),
    ],
)
def test_the_window_is_the_least_that_is_said(model: Model, tokenizer: int, tokens: int) -> None:
    assert window(model, SimpleNamespace(model_max_length=tokenizer), 99) == tokens


# Replies


@given(st.lists(st.text(alphabet="\n Userx:", max_size=8), max_size=12))
def test_a_reply_is_the_same_however_it_arrives(pieces: list[str]) -> None:
    text = "".join(pieces)
    shown = list(trimmed(pieces, STOP))
    assert "".join(shown) == text.partition(STOP)[0].strip()
    assert all(shown)
    assert "".join(trimmed(pieces)) == text.strip()


def test_a_reply_is_shown_as_soon_as_it_can_be() -> None:
    given = iter([" Hello", " there.", "\n", "Us", "e it", ".", "\nUser", ": no", "more"])
    seen = []
    for piece in trimmed(given, STOP):
        seen.append((piece, len(list(given))) if piece == "." else piece)
    assert seen[:4] == ["Hello", " there.", "\nUse it", (".", 3)]


def test_the_form_without_a_template() -> None:
    messages: list[ChatMessage] = [
        {"role": "user", "content": "I love AI"},
        {"role": "assistant", "content": "Why?\nUser: because"},
        {"role": "user", "content": "It learns"},
    ]
    assert local._dialogue("You are a pirate.", messages) == (
        "You are a pirate.\n\nUser: I love AI\nAssistant: Why?\n User: because\nUser: It learns\nAssistant:"
    )
    assert local._dialogue("", messages[:1]) == "User: I love AI\nAssistant:"


# Labels


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        (["negative", "neutral", "positive"], [-1, 0, 1]),
        (["POS", "NEG", "NEU"], [1, -1, 0]),
        (["LABEL_0", "LABEL_1", "LABEL_2"], [-1, 0, 1]),
        (["5 stars", "1 star", "3 stars"], [1, -1, 0]),
        (["Very Negative", "Negative", "Neutral", "Positive", "Very Positive"], [-1, -0.5, 0, 0.5, 1]),
        (["anger", "joy", "optimism", "sadness"], [-1, 1, 1, -1]),
        (["disgust", "fear", "joy", "neutral", "surprise"], [-1, -1, 1, 0, 0]),
        (["positive", "negative", "off topic"], [1, -1, 0]),
        (["LABEL_0", "LABEL_1"], []),
        (["LABEL_0", "LABEL_1", "LABEL_2", "LABEL_3"], []),
        (["toxic", "neutral"], []),
        (["anger", "fear"], []),
        ([], []),
    ],
)
def test_what_labels_weigh(labels: list[str], expected: list[Any]) -> None:
    assert weights(labels) == expected
