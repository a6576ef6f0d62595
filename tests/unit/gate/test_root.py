from lipready.gate.root import top_of


def test_the_top_of_a_work_tree_is_found_from_any_folder_in_it(tmp_path):
    inner = tmp_path / "repository" / "a" / "b"
    inner.mkdir(parents=True)
    (tmp_path / "repository" / ".git").mkdir()
    assert top_of(inner) == top_of(tmp_path / "repository") == (tmp_path / "repository").resolve()


def test_a_linked_work_tree_and_a_submodule_have_a_file_there(tmp_path):
    (tmp_path / ".git").mkdir()
    inner = tmp_path / "module" / "a"
    inner.mkdir(parents=True)
    (tmp_path / "module" / ".git").write_text("gitdir: ../.git/modules/module\n")
    assert top_of(inner) == (tmp_path / "module").resolve()


def test_links_to_a_folder_are_followed(tmp_path):
    (tmp_path / "repository" / "a").mkdir(parents=True)
    (tmp_path / "repository" / ".git").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "repository" / "a")
    assert top_of(tmp_path / "link") == (tmp_path / "repository").resolve()
