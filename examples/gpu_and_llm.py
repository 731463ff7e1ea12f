"""A chatbot: the field on a GPU, the language model in the same process.

    pip install -e '.[torch,transformers]'
    python examples/gpu_and_llm.py --device auto --model gpt2

`--device` is auto (CUDA, else Apple's MPS, else the CPU), cpu, cuda, cuda:1 or mps; `--model` any causal
model, a folder or a name on the hub; `--emotion hf:MODEL` has a classifier judge feelings, not the lexicon.
"""

from __future__ import annotations

import argparse

from torimem import Chat, Memory, TorimemError

MESSAGES = ["I love learning about AI!", "Tell me more about machine learning"]


def main() -> None:
    """Say two sentences and show, after each, what the memory told the model."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("messages", nargs="*", default=MESSAGES, help="what the user says, turn by turn")
    parser.add_argument("--device", default="auto")
    parser.add_argument("--model", default="gpt2")
    parser.add_argument("--emotion", default="vader")
    given = parser.parse_args()

    backend = "torch" if given.device == "auto" else f"torch:{given.device}"
    with Memory(":memory:", "ada", embedder="none", emotion=given.emotion, backend=backend) as memory:
        chat = Chat(memory, f"transformers:{given.model}#{given.device}", budget=400)
        print(f"the field lies on {memory.backend}, the model on {chat.llm.device}")
        for message in given.messages:
            print(f"\nuser: {message}")
            reply = chat.turn(message)
            for topic in memory.context().active_topics:
                felt = "" if topic.valence is None else f", felt {topic.valence:+.2f}"
                print(f"  {topic.topic}: active {topic.activation:.2f}{felt}")
            print(f"  (prompt of {reply.prompt.tokens} tokens)")
            print(f"assistant: {reply.text}")


if __name__ == "__main__":
    try:
        main()
    except TorimemError as error:  # no such device, no such model, no network
        raise SystemExit(f"Error: {error}") from None
