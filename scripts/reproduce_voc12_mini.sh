#!/usr/bin/env bash
# The figures of experiment=voc12_mini: three random seeds, then their mean.
#   scripts/reproduce_voc12_mini.sh <a VOC devkit with the lists train and val>
# A run that was interrupted goes on where it stopped.
set -euo pipefail
root=${1:?usage: scripts/reproduce_voc12_mini.sh <a VOC devkit with the lists train and val>}
for random_seed in 0 1 2; do
  wsss run experiment=voc12_mini "dataset.root='$root'" "random_seed=$random_seed" "out=outputs/voc12_mini/seed$random_seed"
done
python "$(dirname "$0")/mean_scores.py" outputs/voc12_mini/seed{0,1,2}
