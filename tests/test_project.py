"""sentiment.toml: what is understood, what is refused and how it is said, and edits that keep comments."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from sentiment_cli import project
from sentiment_cli.errors import InputError
from sentiment_cli.misfit import EVERY_KEY


def write(folder: Path, text: str) -> None:
    (folder / project.FILE_NAME).write_text(text, encoding="utf-8")


def test_a_name_is_enough(tmp_path: Path) -> None:
    write(tmp_path, 'name = "tweets"')
    loaded = project.load(tmp_path)
    assert loaded.model.tfidf.ngram_range == (1, 2)
    assert loaded.endpoint.instance_type == "ml.t2.medium"
    assert loaded.api.auth == "api-key"


def test_every_section_is_read(tmp_path: Path) -> None:
    write(
        tmp_path,
        'name = "t"\n[data]\npath = "a.csv"\ntext_column = 2\n[model]\nC = 3\nmin_accuracy = 0.8\n'
        '[model.tfidf]\nngram_range = [1, 3]\nmin_df = 0.01\nnorm = "none"\n'
        '[aws]\nregion = "eu-west-1"\n[endpoint]\nkind = "serverless"\nmemory_mb = 4096\n[api]\nauth = "iam"\n',
    )
    loaded = project.load(tmp_path)
    assert (loaded.data.path, loaded.data.text_column) == ("a.csv", 2)
    assert (loaded.model.C, loaded.model.min_accuracy) == (3, 0.8)
    assert loaded.model.tfidf.vectorizer_options()["norm"] is None
    assert loaded.model.tfidf.min_df == 0.01
    assert (loaded.endpoint.kind, loaded.endpoint.memory_mb, loaded.api.auth) == ("serverless", 4096, "iam")


@pytest.mark.parametrize(
    ("text", "why", "fix"),
    [
        ('name = "t"\n[model]\nmin_acuracy = 0.8', "min_acuracy", "min_accuracy"),
        ('name = "t"\n[modle]\nC = 1', "modle", "model"),
        ('name = "t"\n[model]\nC = "strong"', "[model.C]", "Correct"),
        ('name = "t"\n[model]\nC = 0', "[model.C]", "Correct"),
        ('name = "t"\n[model]\ntest_size = 1.0', "[model.test_size]", "Correct"),
        ('name = "t"\n[model.tfidf]\nngram_range = [2, 1]', "must not exceed", "Correct"),
        ('name = "t"\n[model.tfidf]\ntoken_pattern = "("', "regular expression", "Correct"),
        ('name = "t"\n[model.tfidf]\ntoken_pattern = "(a)(b)"', "capturing group", "Correct"),
        ('name = "t"\n[endpoint]\nkind = "fast"', "[endpoint.kind]", "Correct"),
        ('name = "My Tweets"', "[name]", "Correct"),
        ("[data]\n", "name", "Correct"),
        ("name = ", "valid TOML", "line"),
    ],
)
def test_what_is_not_understood_is_refused_with_the_place(tmp_path: Path, text: str, why: str, fix: str) -> None:
    write(tmp_path, text)
    with pytest.raises(InputError) as caught:
        project.load(tmp_path)
    assert why in caught.value.why
    assert fix in caught.value.fix
    assert caught.value.exit_code == 2


SECTION = {"kind": "endpoint", "memory_mb": "endpoint", "auth": "api", "region": "aws", "analyzer": "model.tfidf",
           "ngram_range": "model.tfidf", "stop_words": "model.tfidf", "min_df": "model.tfidf",
           "lowercase": "model.tfidf", "C": "model", "test_size": "model", "min_accuracy": "model"}  # fmt: skip


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("limit = 0", "[data.limit] cannot be 0: it takes a whole number from 1."),
        ('limit = "x"', '[data.limit] cannot be "x": it takes a whole number from 1.'),
        ("limit = 1979-05-27", "[data.limit] cannot be 1979-05-27: it takes a whole number from 1."),
        ("path = 3", "[data.path] cannot be 3: it takes a text in quotes."),
        ("text_column = 1.5", "[data.text_column] cannot be 1.5: it takes a text in quotes, or a whole number."),
        ("C = 0", "[model.C] cannot be 0: it takes a number above 0."),
        ("test_size = true", "[model.test_size] cannot be true: it takes a number above 0 and below 1."),
        ("min_accuracy = 1.5", "[model.min_accuracy] cannot be 1.5: it takes a number from 0 to 1."),
        ('analyzer = "x"', '[model.tfidf.analyzer] cannot be "x": it takes one of "char", "char_wb", "word".'),
        ("ngram_range = [1]",
         "[model.tfidf.ngram_range] cannot be [1]: it takes a list of 2, each a whole number from 1."),
        ("ngram_range = [2, 1]",
         "[model.tfidf.ngram_range] cannot be [2, 1]: the first number must not exceed the second."),
        ("stop_words = [1]",
         '[model.tfidf.stop_words[0]] cannot be [1]: it takes "english", or a list, each a text in quotes.'),
        ("min_df = -1",
         "[model.tfidf.min_df] cannot be -1: it takes a whole number from 1, or a number from 0 to 1."),
        ('lowercase = "no"', '[model.tfidf.lowercase] cannot be "no": it takes true or false.'),
        ('kind = "fast"', '[endpoint.kind] cannot be "fast": it takes one of "realtime", "serverless".'),
        ("memory_mb = 1000",
         "[endpoint.memory_mb] cannot be 1000: it takes one of 1024, 2048, 3072, 4096, 5120, 6144."),
        ("auth = {a = 1}", '[api.auth] cannot be a table: it takes one of "api-key", "iam", "none".'),
        ("region = 3", "[aws.region] cannot be 3: it takes a text in quotes."),
    ],
)  # fmt: skip
def test_a_wrong_value_is_told_in_the_words_of_the_file(tmp_path: Path, line: str, why: str) -> None:
    write(tmp_path, f'name = "t"\n[{SECTION.get(line.split()[0], "data")}]\n{line}\n')
    with pytest.raises(InputError) as caught:
        project.load(tmp_path)
    assert caught.value.why == why


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ('name = "My Tweets"', '[name] cannot be "My Tweets": it takes lower-case letters, digits and single hyphens,'),
        ("name = 3", "[name] cannot be 3: it takes a text in quotes."),
        (f'name = "{"x" * 50}"', f'[name] cannot be "{"x" * 38}…: it takes at most 32 characters, '),
        ('name = "sthree-a"', '[name] cannot be "sthree-a": it takes no name that begins with sthree- or '),
        ("", "The key `name` is missing."),
        ('name = "a"\ndata = 3', "[data] cannot be 3: it takes a table with keys of its own."),
        ('name = "a"\nfoo = 3', "The file has an unknown key `foo`."),
        ('name = "a"\nname = "b"\n', "It is not valid TOML: this key stands there already (at line 2, column 11)."),
        (b'name = "a"\n# caf\xe9', "Line 2 holds the byte 0xe9, which is no UTF-8."),
    ],
)  # fmt: skip
def test_a_wrong_file_is_told_in_words_too(tmp_path: Path, text: str | bytes, why: str) -> None:
    (tmp_path / project.FILE_NAME).write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(InputError) as caught:
        project.load(tmp_path)
    assert caught.value.why.startswith(why)
    assert caught.value.fix


@pytest.mark.parametrize(
    ("values", "what", "why"),
    [
        ({"test_size": 2.0}, "--test-size 2.0 cannot be used.", "It takes a number above 0 and below 1."),
        ({"seed": -1}, "--seed -1 cannot be used.", "It takes a whole number from 0."),
        ({"min_accuracy": 1.5}, "--min-accuracy 1.5 cannot be used.", "It takes a number from 0 to 1."),
    ],
)
def test_a_wrong_flag_of_the_model_is_told_as_the_flag(values: dict[str, float], what: str, why: str) -> None:
    with pytest.raises(InputError) as caught:
        project.overridden(project.Model(), values)
    assert (caught.value.what, caught.value.why) == (what, why)


def test_no_file_says_how_to_get_one(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"sentiment\.toml") as caught:
        project.load(tmp_path)
    assert "sentiment-cli init" in caught.value.fix


def test_a_byte_order_mark_is_no_obstacle(tmp_path: Path) -> None:
    (tmp_path / project.FILE_NAME).write_bytes(b'\xef\xbb\xbfname = "t"')
    assert project.load(tmp_path).name == "t"


def test_edits_keep_comments_and_order() -> None:
    text = '# mine\nname = "t"  # short\n\n[model]\n# tuned by hand\nC = 2.0\n'
    edited = project.edit(text, {"model.C": 4.0, "aws.region": "eu-west-1", "name": "t"})
    assert "# mine" in edited
    assert "# tuned by hand" in edited
    assert edited.index("name") < edited.index("[model]") < edited.index("[aws]")
    assert "C = 4.0" in edited
    assert project.edit(edited, {"aws.region": None}).count("region") == 0


@pytest.mark.parametrize(
    ("folder", "name"),
    [
        ("My Tweets!", "my-tweets"),
        ("2024 data", "project-2024-data"),
        ("---", "project"),
        ("x" * 80, "x" * 32),
        ("Zürich", "z-rich"),
    ],
)
def test_a_folder_name_becomes_a_valid_project_name(folder: str, name: str) -> None:
    assert project.name_from(folder) == name
    assert project.name_problem(name) is None


@pytest.mark.parametrize("name", ["", "A", "a--b", "-a", "a-", "1a", "a_b", "x" * 33])
def test_names_that_aws_would_refuse_are_refused(name: str) -> None:
    assert project.name_problem(name)


def test_the_page_of_every_key_is_named_by_an_address_that_leads_there(tmp_path: Path) -> None:
    root = Path(__file__).parent.parent
    urls = tomllib.loads((root / "pyproject.toml").read_text())["project"]["urls"]
    base = urls["Changelog"].removesuffix("CHANGELOG.md")
    assert EVERY_KEY.startswith(base)
    assert (root / EVERY_KEY.removeprefix(base)).is_file()
    for text in ('name = "t"\nzzzzzz = 1\n', 'name = "t"\n[model]\nC = "much"\n'):
        (tmp_path / "sentiment.toml").write_text(text)
        with pytest.raises(InputError) as refused:
            project.load(tmp_path)
        assert EVERY_KEY in refused.value.fix
