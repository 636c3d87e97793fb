"""Pattern files: names, definitions, and which of two counts."""

from pathlib import Path

import polars as pl
import pytest

from stacklens_pipeline.errors import ConfigurationError
from stacklens_pipeline.parse.grok import Library
from stacklens_pipeline.parse.grok.library import BUNDLED, definitions_of


def test_a_file_has_a_definition_a_line() -> None:
    text = "# words\n\nYES y(es)?\r\n  NO\tn o \nALONE\n#NOT x\nYES yes\n"
    assert definitions_of(text) == {"YES": "yes", "NO": "n o "}


@pytest.mark.parametrize(("naming", "least"), [("ecs-v1", 361), ("legacy", 317)])
def test_the_bundled_files_are_there(naming: str, least: int) -> None:
    assert len(Library.bundled(naming).definitions) == least


def test_the_notice_lies_beside_the_bundled_files() -> None:
    assert "Elasticsearch" in (BUNDLED / "NOTICE.TXT").read_text()
    assert "Apache License" in (BUNDLED / "LICENSE").read_text()


def test_an_unknown_naming_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="`v9`"):
        Library.bundled("v9")


def test_a_folder_is_read_in_the_order_of_names_and_counts_before_the_bundled(tmp_path: Path) -> None:
    (tmp_path / "b").write_text("MINE two\n")
    (tmp_path / "a").write_text("MINE one\nWORD [0-9]+\n")
    (tmp_path / "folder").mkdir()
    library = Library.bundled("legacy").with_directory(tmp_path)
    assert library.definitions["MINE"] == "two"
    # what is bundled uses the new one too
    found = library.compile("^%{MONGO3_COMPONENT:x}$").extract(pl.Series(["12", "ab"]))
    assert found.matched.to_list() == [True, False]
    assert library.with_definitions({"MINE": "3"}).definitions["MINE"] == "3"


def test_a_single_file_may_be_named(tmp_path: Path) -> None:
    path = tmp_path / "mine"
    path.write_text("MINE x\n")
    assert Library().with_directory(path).definitions == {"MINE": "x"}


def test_a_file_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    (tmp_path / "bad").write_bytes(b"A \xff\n")
    with pytest.raises(ConfigurationError, match="it is not UTF-8"):
        Library().with_directory(tmp_path)
    with pytest.raises(ConfigurationError, match="there is no pattern file"):
        Library().with_directory(tmp_path / "none")
