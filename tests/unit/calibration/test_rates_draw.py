from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from calibration.rates.draw import Person, Pool, Sizes, checked_size, draw, pool
from calibration.rates.errors import FolderUnfit, RatesError, TooFew
from calibration.rates.people import groups, read
from calibration.rates.simulate import Trial, simulate
from tests.make import unit


def people(*photos: int) -> list[Person]:
    """People with so many photos each, any of which may lie on file or be searched with."""
    ends = np.cumsum(photos)
    rows = [np.arange(end - count, end) for end, count in zip(ends, photos, strict=True)]
    return [Person(row, row, True) for row in rows]


def roles(*photos: tuple[int, int]) -> list[Person]:
    return [Person(np.arange(f) + 100 * i, np.arange(f, f + p) + 100 * i, False) for i, (f, p) in enumerate(photos)]


@given(st.lists(st.integers(0, 6), min_size=2, max_size=25), st.integers(1, 3), st.integers(1, 3), st.integers(0, 99))
def test_a_draw_keeps_its_promises(photos: list[int], k: int, p: int, seed: int) -> None:
    everybody, sizes = people(*photos), Sizes(k, p)
    try:
        made = pool(everybody, sizes)
    except TooFew:
        return
    size = 1 + seed % made.largest
    drawn = draw(everybody, made, sizes, size, np.random.default_rng(seed))
    inside = {search.person: set(search.rows.tolist()) for search in drawn.enrolled}
    assert len(inside) == len(drawn.enrolled) == size
    assert all(len(rows) == k for rows in inside.values())
    assert drawn.mated, "somebody can be found"
    for search in drawn.mated:
        assert len(search.rows) == p
        assert not inside[search.person] & set(search.rows.tolist()), "never the photo on file"
    for search in drawn.nonmated:
        assert len(search.rows) == p
        assert search.person not in inside, "a stranger is not in the gallery"


def test_the_same_seed_draws_the_same_gallery() -> None:
    everybody, sizes = people(*[3] * 30), Sizes()
    made = pool(everybody, sizes)
    one, again, other = (draw(everybody, made, sizes, 20, np.random.default_rng(s)) for s in (1, 1, 2))
    assert [s.person for s in one.enrolled] == [s.person for s in again.enrolled]
    assert [s.person for s in one.enrolled] != [s.person for s in other.enrolled]


@pytest.mark.parametrize(
    ("photos", "usual", "largest"),
    [
        ([2] * 70, 63, 69),
        ([2] * 8, 7, 7),
        ([2] * 90 + [1] * 10, 90, 99),
        ([2, 1], 1, 1),
    ],
)
def test_the_usual_gallery_leaves_a_tenth_outside_and_the_largest_one_person(
    photos: list[int], usual: int, largest: int
) -> None:
    made = pool(people(*photos), Sizes())
    assert (made.usual, made.largest) == (usual, largest)
    assert checked_size(made, None) == usual
    with pytest.raises(TooFew, match=f"from 1 to {largest}"):
        checked_size(made, largest + 1)


def test_people_who_cannot_be_enrolled_are_strangers() -> None:
    made = pool(people(4, 4, 1, 1), Sizes(on_file=2))
    assert made == Pool(mates=(0, 1), fillers=(), outside=(2, 3), fillers_probed=0)
    assert made.largest == 2


def test_photos_with_a_role_of_their_own_keep_it() -> None:
    drawn_from = roles((1, 2), (1, 1), (0, 1), (2, 0))
    made = pool(drawn_from, Sizes())
    assert made == Pool(mates=(0, 1), fillers=(3,), outside=(2,), fillers_probed=0)
    drawn = draw(drawn_from, made, Sizes(), 3, np.random.default_rng(0))
    assert {search.person for search in drawn.nonmated} == {2}


@pytest.mark.parametrize("photos", [[1, 1, 1], [0, 0]])
def test_one_photo_of_everybody_measures_nothing(photos: list[int]) -> None:
    with pytest.raises(TooFew, match=r"no person has k \+ p photos"):
        pool(people(*photos), Sizes())


def test_one_person_alone_leaves_no_stranger() -> None:
    with pytest.raises(TooFew, match="stranger"):
        pool(people(5), Sizes())


def test_people_as_different_as_can_be_are_all_found_and_strangers_never() -> None:
    """Five photos each of thirty unlike people: noise far smaller than the distance between them."""
    random = np.random.default_rng(3)
    rows = [unit(who) + random.normal(0, 0.02, 128).astype(np.float32) for who in range(30) for _ in range(5)]
    vectors = np.array([row / np.linalg.norm(row) for row in rows], np.float32)
    everybody, sizes = people(*[5] * 30), Sizes(2, 2)
    ended: list[None] = []
    seen = simulate(vectors, everybody, pool(everybody, sizes), Trial(sizes, 20, 4, 0), lambda: ended.append(None))
    assert len(ended) == 4
    assert seen.mated.right.all()
    assert float(seen.mated.scores.min()) > 0.8 > 0.6 > float(seen.nonmated.scores.max())
    assert float(seen.comparisons.max()) < 0.6, "nobody is compared with themselves"
    assert seen.mated.samples <= 75, "distinct photos, two to a search"
    assert len(seen.mated.scores) == 4 * 20


def tree(root: Path, *names: str) -> Path:
    for name in names:
        file = root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(b"")
    return root


def test_folders_are_people_and_other_files_are_left_alone(tmp_path: Path) -> None:
    found = read(tree(tmp_path, "b/1.JPG", "a/2.jpeg", "a/1.png", "a/notes.txt", "c/.keep", "list.csv"))
    assert found.names == ("a", "b")
    assert [(p.owner, p.file.name) for p in found.photos] == [(0, "1.png"), (0, "2.jpeg"), (1, "1.JPG")]


@pytest.mark.parametrize(
    ("names", "where", "why"),
    [
        ([], "gone", "does not exist"),
        (["one.jpg"], "one.jpg", "is a file"),
        (["one.jpg", "two.png"], "", "holds 2 photos but no person folders"),
        (["a/notes.txt"], "", "holds no person's photos"),
    ],
)
def test_a_folder_that_cannot_be_used_is_refused_with_the_reason(
    tmp_path: Path, names: list[str], where: str, why: str
) -> None:
    with pytest.raises(FolderUnfit, match=why):
        read(tree(tmp_path, *names) / where)


def test_groups_share_a_value_and_ages_are_put_together_by_tens(tmp_path: Path) -> None:
    folder = read(tree(tmp_path / "people", *(f"{i:02}/1.jpg" for i in range(20))))
    rows = "\n".join(f"{i:02},{20 + i if i else 'NA'},{'f' if i % 2 else 'm'}" for i in range(20))
    file = tmp_path / "people.csv"
    file.write_text(f"id,age,gender\n{rows}\nnobody,3,f\n")
    found = {(g.attribute, g.value): len(g.members) for g in groups(file, folder)}
    assert found == {
        ("age", "20–29"): 9,
        ("age", "30–39"): 10,
        ("age", "NA"): 1,
        ("gender", "f"): 10,
        ("gender", "m"): 10,
    }


@pytest.mark.parametrize("text", ["", "id\n00\n", "id,age\nnobody,3\n"])
def test_a_people_file_that_says_nothing_of_these_people_is_refused(tmp_path: Path, text: str) -> None:
    folder = read(tree(tmp_path / "people", "00/1.jpg"))
    file = tmp_path / "people.csv"
    file.write_text(text)
    with pytest.raises(RatesError, match=r"people\.csv"):
        groups(file, folder)
