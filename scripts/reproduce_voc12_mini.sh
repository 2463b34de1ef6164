#!/usr/bin/env bash
# The figures of experiment=voc12_mini, or of another that builds on it: three random seeds, then their mean.
#   scripts/reproduce_voc12_mini.sh <a VOC devkit with the lists train and val> [voc12_mini_recam [options of wsss run]]
# A run that was interrupted goes on where it stopped.
set -euo pipefail
root=${1:?usage: scripts/reproduce_voc12_mini.sh <a VOC devkit with the lists train and val> [experiment [options]]}
experiment=${2:-voc12_mini}
for random_seed in 0 1 2; do
  wsss run "experiment=$experiment" "dataset.root='$root'" "random_seed=$random_seed" \
    "out=outputs/$experiment/seed$random_seed" "${@:3}"
done
wsss compare "outputs/$experiment"/seed{0,1,2} --group-by name
