"""Keys and the sampler: what training sees is the same for any number of ranks, loaders and interruptions."""

import hashlib

import pytest
import torch
from torch.utils.data import DataLoader, Dataset

from wsss.data.randomness import KeyedLoader, KeyedSampler, item_key, mix
from wsss.errors import ConfigError


class Pairs(Dataset[torch.Tensor]):
    """Gives back what it is asked for."""

    def __len__(self) -> int:
        return 12

    def __getitem__(self, position: tuple[int, int]) -> torch.Tensor:
        return torch.tensor(position)


def epochs_order(sampler: KeyedSampler, epoch: int) -> list[int]:
    sampler.set_epoch(epoch)
    pairs = list(sampler)
    assert {seen for seen, _ in pairs} == {epoch}
    return [item for _, item in pairs]


def test_a_key_is_the_head_of_a_standard_hash():
    digest = hashlib.blake2b(b"item:7:2:31", digest_size=8).hexdigest()
    assert item_key(random_seed=7, epoch=2, item=31) == int(digest, 16) // 2
    assert item_key(random_seed=0, epoch=0, item=0) == 8496560113465541084  # changing this changes every training
    assert 0 <= mix("order", -1) < 2**63


def test_keys_differ_by_each_number_and_by_purpose():
    keys = {item_key(random_seed=s, epoch=e, item=i) for s in range(10) for e in range(10) for i in range(10)}
    assert len(keys) == 1000
    assert mix("item", 1, 23) != mix("item", 12, 3) != mix("order", 12, 3)


def test_an_epoch_is_a_permutation_without_the_last_incomplete_batch():
    sampler = KeyedSampler(11, batch_size=4, random_seed=0)
    order = epochs_order(sampler, 0)
    assert len(order) == len(sampler) == 8
    assert len(set(order)) == 8
    assert set(order) <= set(range(11))
    assert sorted(epochs_order(KeyedSampler(11, batch_size=1, random_seed=0), 0)) == list(range(11))


def test_every_item_comes_first_about_equally_often():
    sampler = KeyedSampler(5, batch_size=5, random_seed=0)
    first = [epochs_order(sampler, epoch)[0] for epoch in range(500)]
    assert all(64 < first.count(item) < 136 for item in range(5))  # four standard deviations around 100


def test_orders_differ_by_epoch_and_by_seed_and_come_back():
    one, other = (KeyedSampler(40, batch_size=8, random_seed=seed) for seed in (0, 1))
    orders = [epochs_order(one, epoch) for epoch in range(4)]
    assert len({tuple(order) for order in (*orders, epochs_order(other, 0))}) == 5
    resumed = KeyedSampler(40, batch_size=8, random_seed=0)
    assert epochs_order(resumed, 3) == orders[3]
    assert epochs_order(one, 1) == orders[1]


@pytest.mark.parametrize("world", [1, 2, 4])
def test_ranks_cut_the_batches_that_one_process_sees(world: int):
    whole = epochs_order(KeyedSampler(43, batch_size=8, random_seed=3), 2)
    samplers = [KeyedSampler(43, batch_size=8, random_seed=3, rank=rank, world=world) for rank in range(world)]
    assert [sampler.local_batch_size for sampler in samplers] == [8 // world] * world
    parts = [epochs_order(sampler, 2) for sampler in samplers]
    assert [len(sampler) for sampler in samplers] == [40 // world] * world == [len(part) for part in parts]
    local = 8 // world
    together = [part[step * local : (step + 1) * local] for step in range(5) for part in parts]
    assert [item for piece in together for item in piece] == whole


@pytest.mark.parametrize(
    ("batch_size", "count", "world", "message"),
    [
        (6, 100, 4, "batch_size: 6 images do not divide among 4 devices: use 4 or 8"),
        (3, 100, 4, "do not divide among 4 devices: use 4"),
        (0, 100, 2, "do not divide among 2 devices: use 2"),
        (16, 13, 4, "16 is more than the 13 images there are: use at most 12"),
        (4, 3, 4, "more than the 3 images there are: train on fewer than 4 devices"),
    ],
)
def test_a_batch_that_does_not_fit_is_refused_with_one_that_does(batch_size: int, count: int, world: int, message: str):
    with pytest.raises(ConfigError, match=message):
        KeyedSampler(count, batch_size=batch_size, random_seed=0, world=world)


@pytest.mark.parametrize("workers", [0, 2])
def test_an_epoch_that_is_set_after_the_iterator_was_made_counts(workers: int):
    sampler = KeyedSampler(12, batch_size=4, random_seed=0)
    expected = epochs_order(sampler, 5)
    loader = KeyedLoader(Pairs(), sampler=sampler, batch_size=4, num_workers=workers, persistent_workers=workers > 0)
    for epoch in (0, 5):
        sampler.set_epoch(0)
        batches = iter(loader)
        sampler.set_epoch(epoch)
        seen = torch.cat(list(batches))
        assert seen[:, 0].tolist() == [epoch] * 12
    assert seen[:, 1].tolist() == expected


def test_an_ordinary_loader_with_workers_would_repeat_the_old_epoch():
    sampler = KeyedSampler(12, batch_size=4, random_seed=0)
    batches = iter(DataLoader(Pairs(), sampler=sampler, batch_size=4, num_workers=1))
    sampler.set_epoch(5)
    assert torch.cat(list(batches))[:, 0].tolist() == [0] * 12


@pytest.mark.parametrize("world", [1, 2])
def test_a_training_that_goes_on_within_an_epoch_sees_what_is_left_of_it(world: int):
    for rank in range(world):
        whole, later = (
            KeyedSampler(19, batch_size=4, random_seed=1, rank=rank, world=world, start=start)
            for start in ((0, 0), (2, 3))
        )
        assert epochs_order(later, 2) == epochs_order(whole, 2)[3 * later.local_batch_size :]
        assert epochs_order(later, 3) == epochs_order(whole, 3)
        assert len(later) == len(whole)


def test_passes_cut_a_batch_before_ranks_do():
    whole = epochs_order(KeyedSampler(13, batch_size=6, random_seed=3), 1)
    parts = {
        rank: epochs_order(KeyedSampler(13, batch_size=6, random_seed=3, rank=rank, world=3, passes=2), 1)
        for rank in range(3)
    }
    # Two batches of six: each pass has three of them in a row, one a rank.
    assert [item for four in zip(*parts.values(), strict=True) for item in four] == whole
    sampler = KeyedSampler(13, batch_size=6, random_seed=3, rank=1, world=3, passes=2, start=(1, 1))
    assert (sampler.local_batch_size, len(sampler)) == (1, 4)
    assert epochs_order(sampler, 1) == parts[1][2:]


def test_a_batch_that_passes_and_ranks_cannot_share_is_refused():
    message = r"batch_size: 10 images do not divide among 2 devices and 2 passes \(accumulate\): use 8 or 12"
    with pytest.raises(ConfigError, match=message):
        KeyedSampler(100, batch_size=10, random_seed=0, rank=0, world=2, passes=2)
