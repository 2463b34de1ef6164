"""JSON as people have it, and JSON made to break a reader."""

from e2e.corpus.drawing import TWO, folder
from e2e.data_input import Input


def table(name: str, labels: str | bytes, **expected: object) -> Input:
    """A folder of four images with a JSON file."""
    return Input(
        name=f"JSON {name}", make=folder(labels, table="labels.json"), options={"labels": "labels.json"}, **expected
    )


INPUTS = (
    table("as documented", '{"a.png": ["cat"], "b.png": ["dog"]}', shows=TWO),
    table("with a text for a list", '{"a.png": "cat", "b.png": "dog"}', refused=r"are not a list of names: write"),
    table("with NaN", '{"a.png": [NaN], "b.png": ["dog"]}', refused=r"are not a list of names: write"),
    table(
        "with a repeated image",
        '{"a.png": ["cat"], "a.png": ["dog"]}',
        refused=r'twice, with other labels: join their labels, `"a\.png": \["cat", "dog"\]`',
    ),
    table("of 200,000 brackets", "[" * 200_000, refused=r"is nested too deeply"),
    table("of 200,000 objects", '{"a":' * 200_000, refused=r"is nested too deeply"),
    table(
        "with a number of 10,000 digits", '{"a.png": ' + "9" * 10_000 + "}", refused=r"are not a list of names: write"
    ),
    table("of records", '[{"image": "a.png", "labels": ["cat"]}]', refused=r"holds no object of images"),
    table(
        "with half a surrogate in a label",
        '{"a.png": ["\\ud800"], "b.png": ["dog"]}',
        refused=r"are not a list of names: write",
    ),
    table(
        "with half a surrogate in a name",
        '{"\\ud800.png": ["cat"], "b.png": ["dog"]}',
        refused=r"holds half of a letter",
    ),
    table(
        "with a NUL in a name",
        '{"a\\u0000.png": ["cat"], "b.png": ["dog"]}',
        refused=r"'a\\x00\.png' is not in 'images'",
    ),
    table("with a NUL in a label", '{"a.png": ["c\\u0000at"], "b.png": ["dog"]}', refused=r"not text, U.0000"),
    table("with a newline in a label", '{"a.png": ["cat\\ndog"], "b.png": ["dog"]}', refused=r"not text, U.000A"),
    table(
        "of COCO",
        '{"images": [{"id": 1, "file_name": "a.png"}], "annotations": [], "categories": []}',
        refused=r"in COCO's form: use dataset=coco",
    ),
    table(
        "with a separator in a label",
        '{"a.png": ["cat;dog"], "b.png": ["dog"]}',
        refused=r"'cat;dog' looks like 'cat' and 'dog': write every label as a text of its own",
    ),
    table("in UTF-16", '{"a.png": ["cat"], "b.png": ["dog"]}'.encode("utf-16"), refused=r"most likely UTF-16: save it"),
    table("with a byte order mark", '\ufeff{"a.png": ["cat"], "b.png": ["dog"]}', shows=TWO),
    table(
        "in Latin-1",
        '{"a.png": ["K\u00fche"], "b.png": ["dog"]}'.encode("latin-1"),
        refused=r"most likely Latin-1 or Windows-1252: save it",
    ),
    table("with a list in a list", '{"a.png": [["cat"]], "b.png": ["dog"]}', refused=r"are not a list of names: write"),
    table("that is a CSV", "image,labels\na.png,cat\n", refused=r"is not JSON"),
    table(
        "of lines",
        '{"image": "a.png", "labels": ["cat"]}\n{"image": "b.png", "labels": ["dog"]}\n',
        refused=r"is not JSON .Extra data: line 2",
    ),
    table(
        "with a trailing comma",
        '{"a.png": ["cat"], "b.png": ["dog"],}',
        refused=r"is not JSON .Expecting property name",
    ),
    table(
        "with numbers", '{"a.png": [1], "b.png": [2]}', refused=r"are not a list of names: write.*the same of 1 more"
    ),
    table("with null", '{"a.png": null, "b.png": ["dog"]}', refused=r"are not a list of names: write"),
    table(
        "of splits",
        '{"train": {"a.png": ["cat"]}, "val": {"b.png": ["dog"]}}',
        refused=r"the labels of 'train' are not a list",
    ),
)
