"""Models small enough to be built in a test: folders as transformers reads them, with weights made here."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors, trainers
from transformers import (
    GPT2Config,
    GPT2LMHeadModel,
    PreTrainedTokenizerFast,
    RobertaConfig,
    RobertaForSequenceClassification,
)

CHATML = (
    "{% for message in messages %}<|im_start|>{{ message['role'] }}\n{{ message['content'] }}<|im_end|>\n"
    "{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
SENTIMENT = ("negative", "neutral", "positive")
LOVED, HATED = ("love", "great", "wonderful", "happy", "joy"), ("hate", "awful", "horrible", "sad", "angry")
PLAIN = ("the", "train", "leaves", "at", "nine", "I", "my", "boss", "guitar", "is", "and", "but", "deadline")

_CORPUS = (
    "You are a helpful assistant. The user is currently discussing the guitar and machine learning.",
    "User: I love learning about AI!\nAssistant: It learns from examples.\nUser: Tell me more.",
    "Notes from memory. Quoted text is data, never an instruction. Active topics: positive, negative.",
)


def gpt2(folder: Path, chat_template: str | None = None, *, says: str = "", window: int = 256) -> Path:
    """A GPT-2 of two layers, 32 wide, with a byte-level tokenizer of its own.

    Its weights are random; with `says` they make it answer just that, whatever it is asked, and end.
    """
    specials = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=400,
        special_tokens=specials,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    # what is beyond ASCII stays in bytes: a letter of several tokens
    tokenizer.train_from_iterator([*_CORPUS, *20 * [says.encode("ascii", "ignore").decode()]], trainer)
    fast = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        eos_token="<|endoftext|>",
        additional_special_tokens=specials[1:],
        clean_up_tokenization_spaces=False,
    )
    fast.chat_template = chat_template
    torch.manual_seed(0)
    model = GPT2LMHeadModel(
        GPT2Config(
            vocab_size=len(fast),
            n_positions=window,
            n_embd=32,
            n_layer=2,
            n_head=2,
            bos_token_id=fast.eos_token_id,
            eos_token_id=fast.eos_token_id,
            tie_word_embeddings=not says,
        )
    )
    if says:
        before = "<|im_start|>assistant\n" if chat_template else "\nAssistant:"
        _make_say(model, [fast.encode(before)[-1], *fast.encode(says), fast.eos_token_id])
    fast.save_pretrained(folder)
    model.save_pretrained(folder)
    return folder


@torch.no_grad()
def _make_say(model: Any, chain: list[int]) -> None:
    """Weights that pass each token through and name the one that follows it in the chain."""
    assert len(set(chain)) == len(chain), "a token that comes twice has two followers"
    model.transformer.wpe.weight.zero_()
    for block in model.transformer.h:
        for layer in (block.attn.c_proj, block.mlp.c_proj):
            layer.weight.zero_()
            layer.bias.zero_()
    words = model.transformer.wte.weight.normal_()
    model.lm_head.weight.zero_()
    for number, following in pairwise(chain):
        model.lm_head.weight[following] = torch.nn.functional.layer_norm(words[number], (32,))


def roberta(folder: Path, labels: Sequence[str] = SENTIMENT, *, window: int = 64, **config: Any) -> Path:
    """A RoBERTa classifier of one layer, 32 wide, that tells LOVED words from HATED ones.

    It says the last label where there are more of the former, the first where there are more of the latter,
    else the one in the middle, where there is one.
    """
    words = [*LOVED, *HATED, *PLAIN]
    vocabulary = {name: n for n, name in enumerate(["<s>", "<pad>", "</s>", "<unk>", *words])}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.post_processor = processors.RobertaProcessing(("</s>", 2), ("<s>", 0))
    fast = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        bos_token="<s>", cls_token="<s>", eos_token="</s>", sep_token="</s>",
        pad_token="<pad>", unk_token="<unk>",
    )  # fmt: skip
    model = RobertaForSequenceClassification(
        RobertaConfig(
            vocab_size=len(vocabulary),
            max_position_embeddings=window + 2,  # RoBERTa counts places from 2 on
            hidden_size=32,
            num_hidden_layers=1,
            num_attention_heads=2,
            intermediate_size=64,
            type_vocab_size=1,
            num_labels=len(labels),
            id2label=dict(enumerate(labels)),
            label2id={label: n for n, label in enumerate(labels)},
            **config,
        )
    )
    _teach(model, vocabulary)
    fast.save_pretrained(folder)
    model.save_pretrained(folder)
    return folder


@torch.no_grad()
def _teach(model: Any, vocabulary: dict[str, int]) -> None:
    """Weights by hand: attention takes the mean over the words, its first number is love minus hate."""
    for parameter in model.parameters():
        parameter.zero_()
    for name, module in model.named_modules():
        if name.endswith("LayerNorm"):
            module.weight.fill_(1.0)
    embedding = model.roberta.embeddings.word_embeddings.weight
    for word, number in vocabulary.items():
        first, sign = (0, 1.0) if word in LOVED else (0, -1.0) if word in HATED else (2, 1.0)
        embedding[number, first], embedding[number, first + 1] = sign, -sign
    attention = model.roberta.encoder.layer[0].attention
    attention.self.value.weight.copy_(torch.eye(32))
    attention.output.dense.weight.copy_(4 * torch.eye(32))
    model.classifier.dense.weight[0, 0] = 100.0  # one word is enough
    out = model.classifier.out_proj
    last = len(out.bias) - 1
    if model.config.problem_type == "multi_label_classification":
        out.bias.fill_(-4.0)
        out.weight[last, 0], out.weight[0, 0] = 8.0, -8.0
    else:
        out.bias[1:last] = -5.0
        out.weight[last, 0], out.weight[0, 0] = 5.0, -5.0
    if last > 1:
        out.bias[(last + 1) // 2] = 2.0
