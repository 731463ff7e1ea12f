"""A chatbot: the field in MLX arrays, in the memory that an Apple chip's CPU and GPU share.

    pip install -e '.[mlx,transformers]'
    python examples/apple_silicon.py --model gpt2

On Linux MLX runs on the CPU, so this can be tried without such a chip. The model runs in PyTorch, on MPS.
"""

from __future__ import annotations

import argparse

import mlx.core as mx

from torimem import Chat, Field, Memory, Stencil, TorimemError

MESSAGES = [
    "I'm excited about Metal programming!",
    "The shader compiler is driving me mad.",
    "Help me with it?",
]


def main() -> None:
    """First a bare field, as lazy as MLX is; then a chat whose memory lives in one."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("messages", nargs="*", default=MESSAGES, help="what the user says, turn by turn")
    parser.add_argument("--model", default="gpt2")
    given = parser.parse_args()

    field = Field(512, 512, backend="mlx").activate_radius(256, 256, 10, 1.0)
    field.advance(20, Stencil.diffusion(0.25, 0.01))  # asked for, perhaps not yet done
    print(f"MLX on {mx.default_device()}: 20 steps later the centre holds {field.get(256, 256):.4f}")

    with Memory(":memory:", "ada", embedder="none", backend="mlx") as memory:
        chat = Chat(memory, f"transformers:{given.model}", budget=400)
        for message in given.messages:
            print(f"\nuser: {message}")
            print(f"assistant: {chat.turn(message).text}")
            context = memory.context()
            print("  active:", ", ".join(f"{t.topic} {t.activation:.2f}" for t in context.active_topics))
            for name, themes in (
                ("glad of", context.positive_themes),
                ("troubled by", context.negative_themes),
            ):
                if themes:
                    print(f"  {name}:", ", ".join(f"{theme.topic} {theme.valence:+.2f}" for theme in themes))


if __name__ == "__main__":
    try:
        main()
    except TorimemError as error:  # no such device, no such model, no network
        raise SystemExit(f"Error: {error}") from None
