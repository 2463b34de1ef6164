# shellcheck shell=bash
# Sourced by the other scripts from the repository's root: `set_up` makes .venv from the committed lock file.

say() { printf '==> %s\n' "$*" >&2; }

fail() {
  printf 'error: %s\n' "$*" >&2
  exit 1
}

# Print the path of a Python that will do; PYTHON=... chooses one.
find_python() {
  local name
  for name in ${PYTHON:+"$PYTHON"} .venv/bin/python python3 python3.13 python3.12 python3.11 python; do
    "$name" -c 'import sys; (3, 11) <= sys.version_info < (3, 14) or sys.exit(1); print(sys.executable)' 2>/dev/null && return
    # Asked for by name: another one would be a surprise.
    [[ $name != "${PYTHON:-}" ]] || fail "PYTHON=$PYTHON is not Python 3.11 to 3.13"
  done
  fail "no Python 3.11 to 3.13 was found: install one (apt-get install python3, or python.org), or set PYTHON=/path/to/python"
}

# Print the path of a uv that knows dependency groups: the one on PATH, or else our own in .tools.
find_uv() {
  local python=$1 uv
  for uv in uv .tools/bin/uv; do
    if [[ $("$uv" sync --help 2>/dev/null) == *--group* ]]; then
      echo "$uv"
      return
    fi
  done
  say "uv is not on PATH: installing it into .tools"
  "$python" -m venv --clear .tools >&2 ||
    fail "$python cannot make a virtual environment (its message is above); on Debian and Ubuntu: apt-get install python3-venv"
  .tools/bin/python -m pip install --quiet 'uv>=0.8' >&2 || fail "uv could not be installed, see above: is the network there?"
  echo .tools/bin/uv
}

# Whether torch's build for CPUs is wanted. TORCH=cpu or TORCH=cuda says so; otherwise it is where the machine has no
# NVIDIA driver and .venv has no other build yet. PyPI's builds for other systems than Linux hold no CUDA anyway.
wants_cpu_torch() {
  local version=$1 there
  case ${TORCH:-auto} in
    cuda) return 1 ;;
    cpu) [[ $(uname -s) == Linux ]] ;;
    auto)
      there=$(compgen -G ".venv/lib/python*/site-packages/torch-$version.dist-info" || true)
      [[ $(uname -s) == Linux && -z $there ]] && ! has_nvidia
      ;;
    *) fail "TORCH=$TORCH is not a build of torch: use cpu, cuda or auto" ;;
  esac
}

has_nvidia() {
  local file
  for file in ${NVIDIA_DRIVER:-/proc/driver/nvidia/version /usr/lib/wsl/lib/libcuda.so.1}; do
    [[ ! -e $file ]] || return 0
  done
  nvidia-smi >/dev/null 2>&1
}

locked_version() { grep -A1 "^name = \"$1\"\$" uv.lock | sed -n 's/^version = "\(.*\)"$/\1/p'; }

# install UV [options of `uv sync`]: bring .venv to uv.lock, with the smaller torch where that is wanted.
install() {
  local uv=$1 torch vision index=${TORCH_INDEX:-https://download.pytorch.org/whl/cpu} skipped
  shift
  torch=$(locked_version torch)
  vision=$(locked_version torchvision)
  if wants_cpu_torch "$torch"; then
    mapfile -t skipped < <(sed -nE 's/^name = "(torch|torchvision|triton|(nvidia|cuda)-.*)"$/--no-install-package=\1/p' uv.lock)
    # The torch of an earlier call stays; uv takes the option only once.
    [[ " $* " == *" --inexact "* ]] || skipped+=(--inexact)
    "$uv" sync --locked "$@" "${skipped[@]}" || return
    say "torch's build for CPUs, as this is TORCH=cpu or a machine without an NVIDIA driver (TORCH=cuda takes the other)"
    "$uv" pip install --python .venv --no-deps --default-index "$index" "torch==$torch+cpu" "torchvision==$vision+cpu" && return
    say "it could not be had from $index: taking the build of uv.lock, which is larger and runs on CPUs as well"
  fi
  "$uv" sync --locked "$@"
}

# set_up [options of `uv sync`]: make .venv or bring it up to date, with pydensecrf2 where that can be built.
set_up() {
  local python uv
  python=$(find_python)
  uv=$(find_uv "$python")
  say "making .venv from uv.lock with $("$python" --version); the first time, some gigabytes are downloaded"
  if install "$uv" --python "$python" --extra crf "$@"; then
    return
  fi
  # One package that does not build keeps uv from installing any: was it the extra's?
  say "that failed, see above: trying without the extra crf"
  install "$uv" --python "$python" "$@" ||
    fail "the environment could not be made without the extra either, see above; where a proxy has a certificate of its own, set UV_SYSTEM_CERTS=1"
  say "pydensecrf2 could not be installed: it is compiled here and needs a C++ compiler"
  say "nothing is lost without it: the dense CRF runs on PyTorch instead, and computes the same"
}

has_crf() { .venv/bin/python -c 'import pydensecrf.densecrf' 2>/dev/null; }
