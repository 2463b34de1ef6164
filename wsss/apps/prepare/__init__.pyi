from .benchmark import Benchmark as Benchmark
from .benchmarks import BENCHMARKS as BENCHMARKS
from .plan import Plan as Plan, plan_text as plan_text, planned as planned
from .preparing import prepare as prepare
