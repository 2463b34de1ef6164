"""Processes with one thread, that are set up once."""

import os
import signal

import torch
from shouting import noted, remember

from wsss.stages.pool import pool


def test_a_process_begins_once_with_what_it_is_given():
    with pool(1, module="shouting", begin=remember, given=("a", 1)) as processes:
        first, second = processes.submit(noted), processes.submit(noted)
        assert first.result() == second.result() == [("a", 1)]
        assert processes.submit(os.getpid).result() != os.getpid()


def test_it_has_one_thread_and_leaves_ctrl_c_to_the_parent():
    with pool(1, module="shouting", begin=remember, given=()) as processes:
        assert processes.submit(torch.get_num_threads).result() == 1
        assert processes.submit(signal.getsignal, signal.SIGINT).result() == signal.SIG_IGN
