"""Manifests, jobs and records of runs that say what none of them may say."""

from e2e.attacks.attack import Attack, Make, in_json, in_run, rewritten

STAGE = "predict_masks"
MANIFEST = "manifest.json"
BOMB = (
    "a0: &a0 [x,x,x,x,x,x,x,x,x]\n"
    + "".join(f"a{i}: &a{i} [{','.join([f'*a{i - 1}'] * 9)}]\n" for i in range(1, 10))
    + "config: *a9\n"
)
ANOTHER = r"manifest\.json is not the one that"
TORN = r"manifest\.json cannot be read|damaged .*manifest\.json"


def manifest(name: str, make: Make, said: str = TORN) -> Attack:
    """A manifest that is not one."""
    return Attack(name=f"a manifest {name}", make=make, said=said)


def naming(name: str) -> Make:
    """A manifest that names a file of this name, with any hash."""
    return in_json(STAGE, MANIFEST, lambda content: content["files"].update({name: "0" * 64}))


def saying(**fields: object) -> Make:
    """A manifest that says something else."""
    return in_json(STAGE, MANIFEST, lambda content: content.update(fields))


def record(name: str, make: Make, said: str) -> Attack:
    """A run's record that is not one."""
    return Attack(name=f"a run {name}", make=make, said=said)


def plain(content: str) -> Make:
    """A record of this text."""
    return lambda run: (run.out / "run.yaml").write_text(content, encoding="utf-8")


ATTACKS = (
    manifest("of a list", rewritten(STAGE, MANIFEST, "[]")),
    manifest("of a number", rewritten(STAGE, MANIFEST, "7")),
    manifest("of 200,000 brackets", rewritten(STAGE, MANIFEST, "[" * 200_000)),
    manifest("of a number of 10,000 digits", rewritten(STAGE, MANIFEST, '{"format": ' + "9" * 10_000 + "}")),
    manifest("of half a letter", rewritten(STAGE, MANIFEST, '{"stage": "\\ud800"}')),
    manifest("of two bytes a letter", rewritten(STAGE, MANIFEST, "{}".encode("utf-16"))),
    manifest("that names a file above", naming("../../../thesis.txt")),
    manifest("that names an absolute path", naming("/etc/hostname")),
    manifest("that names a drive", naming("C:\\thesis.txt")),
    manifest("that names a control character", naming("items/\x1b[2Ja.png")),
    manifest("that names 5,000 letters", naming("x" * 5_000)),
    manifest("that names itself as a folder", naming("."), TORN),
    manifest("that names what is not there", naming("items/zzz.png"), r"missing .*zzz\.png"),
    manifest("of another stage", saying(stage="make_masks"), r"is that of make_masks|damaged"),
    manifest("with a stage above", saying(stage="../../x")),
    manifest("with a key more", saying(more=1)),
    manifest("with negative bytes", saying(bytes=-1)),
    manifest("with a size as a text", saying(bytes="7")),
    manifest("of infinite seconds", saying(seconds=float("inf"))),
    manifest("of seconds that are not a number", saying(seconds=float("nan"))),
    manifest("of 10**40 bytes", saying(bytes=10**40), ANOTHER),
    manifest("of words that clear the screen", saying(created="\x1b[2J", kind="\x1b[2J"), ANOTHER),
    manifest("that lists names in two forms of Unicode", naming("items/e\u0301.png"), r"missing +\S*\.png"),
    manifest("of a newer version", saying(format=99), "was written by a newer wsss"),
    Attack(
        name="a job of aliases",
        make=rewritten(STAGE, "stage.yaml", BOMB),
        said=r"stage\.yaml (is not as it was made|cannot be read)|damaged .*stage\.yaml",
    ),
    Attack(
        name="a job that imports",
        make=rewritten(STAGE, "stage.yaml", "config: {_target_: antigravity.X}\n"),
        said=r"stage\.yaml is not as it was made|damaged .*stage\.yaml",
    ),
    record("of aliases", plain(BOMB), r"run\.yaml cannot be read \(it has an alias\)"),
    record("of 200,000 brackets", plain("[" * 200_000), r"run\.yaml cannot be read"),
    record(
        "of 2 MB", plain(f"a: '{'x' * 2_000_000}'\n"), r"run\.yaml cannot be read \(it has more than 1,000,000 bytes"
    ),
    record("with a Python object", plain("a: !!python/object/apply:os.system ['true']\n"), r"run\.yaml cannot be read"),
    record("of nothing", plain(""), r"run\.yaml cannot be read"),
    record("with a fingerprint above", in_run(lambda c: c["stages"].update({STAGE: "../../x"})), "cannot be read"),
    record("with a stage above", in_run(lambda c: c["stages"].update({"../x": "0" * 16})), "cannot be read"),
    record("without a pipeline", in_run(lambda c: c["config"].pop("pipeline")), r"pipeline\.\w+|has no PredictMasks"),
    record(
        "that imports",
        in_run(lambda c: c["config"]["pipeline"][STAGE].update(_target_="antigravity.X")),
        "'antigravity.X', which is not imported for a record",
    ),
    record("of another manifest", in_run(lambda c: c["manifests"].update({STAGE: "0" * 64})), "is not the one that"),
    record("of a newer version", in_run(lambda c: c.update(format=99)), "was written by a newer wsss"),
)
