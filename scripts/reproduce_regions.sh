#!/usr/bin/env bash
# The table of docs/results.md on votes of regions: maps of three chains, with and without votes, before and after the
# CRF, over three random seeds. Masks are not learnt from, so a run ends with its refined maps.
#   scripts/reproduce_regions.sh <a VOC devkit with the lists train and val> [options of wsss run]
# A run that was interrupted goes on where it stopped.
set -euo pipefail
root=${1:?usage: scripts/reproduce_regions.sh <a VOC devkit with the lists train and val> [options]}
more=("${@:2}")

refined() { # the name of a row, then options of wsss run
  local name=$1 random_seed
  for random_seed in 0 1 2; do
    wsss run "dataset.root='$root'" until=refine_cams "random_seed=$random_seed" "name=$name" \
      "out=outputs/regions/$name/seed$random_seed" "${@:2}" "${more[@]}"
  done
}

chain() { # experiment, its stages, the background's threshold where regions vote
  local votes=("stages=[${2}regions,predict_alone]" regions=superpixels_small refine=regions "refine.background.threshold=$3")
  refined "$1-background" "experiment=$1" '~refine.crf'
  refined "$1-crf" "experiment=$1"
  refined "$1-votes" "experiment=$1" "${votes[@]}" '~refine.crf'
  refined "$1-votes-crf" "experiment=$1" "${votes[@]}"
}

chain voc12_mini "" 0.40
chain voc12_mini_recam recam, 0.60
chain voc12_mini_recam_fgcam recam,fine, 0.39
wsss compare outputs/regions/*/seed{0,1,2} --group-by name
