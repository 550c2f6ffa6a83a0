"""sentiment.toml: what is understood, what is refused and how it is said, and edits that keep comments."""

from __future__ import annotations

from pathlib import Path

import pytest

from sentiment_cli import project
from sentiment_cli.errors import InputError


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
