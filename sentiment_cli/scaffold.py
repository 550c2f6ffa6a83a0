"""The only reader of templates/: files to copy and texts to render."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any


def templates() -> Path:
    """The packaged folder, or the checkout's (an editable install does not copy it)."""
    packaged = Path(__file__).parent / "templates"
    return packaged if packaged.is_dir() else Path(__file__).parent.parent / "templates"


def tree(folder: str, **values: Any) -> Iterator[tuple[Path, bytes]]:
    """(relative path, content) of every file under templates/FOLDER, in order.

    `.j2` files are rendered with `values` and lose that ending.
    """
    root = templates() / folder
    for path in sorted(root.rglob("*")):
        place = path.relative_to(root)
        if not path.is_file() or "__pycache__" in place.parts:
            continue
        if path.suffix == ".j2":
            yield place.with_suffix(""), render(path.relative_to(templates()).as_posix(), **values).encode()
        else:
            yield place, path.read_bytes()


def render(template: str, /, *, html: bool = False, **values: Any) -> str:
    """The text of templates/TEMPLATE with `values` filled in; with `html` every value is escaped.

    A value the template names but is not given is an error, never an empty string.
    """
    import jinja2

    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(templates(), encoding="utf-8"),
        undefined=jinja2.StrictUndefined,
        autoescape=html,  # noqa: S701 - TOML and Python are rendered too; HTML passes html=True
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["toml"] = _toml
    return environment.get_template(template).render(**values)


def _toml(value: Any) -> str:
    import tomlkit

    return str(tomlkit.item(list(value) if isinstance(value, tuple) else value).as_string())
