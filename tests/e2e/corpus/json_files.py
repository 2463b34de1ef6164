"""JSON as people have it, and JSON made to break a reader."""

from e2e.corpus.drawing import folder
from e2e.data_input import Input


def table(name: str, labels: str | bytes, **expected: object) -> Input:
    """A folder of four images with a JSON file."""
    return Input(
        name=f"JSON {name}", make=folder(labels, table="labels.json"), options={"labels": "labels.json"}, **expected
    )


INPUTS = (
    table("as documented", '{"a.png": ["cat"], "b.png": ["dog"]}'),
    table("with a text for a list", '{"a.png": "cat", "b.png": "dog"}'),
    table("with NaN", '{"a.png": [NaN], "b.png": ["dog"]}'),
    table("with a repeated image", '{"a.png": ["cat"], "a.png": ["dog"]}'),
    table("of 200,000 brackets", "[" * 200_000),
    table("of 200,000 objects", '{"a":' * 200_000),
    table("with a number of 10,000 digits", '{"a.png": ' + "9" * 10_000 + "}"),
    table("of records", '[{"image": "a.png", "labels": ["cat"]}]'),
    table("with half a surrogate in a label", '{"a.png": ["\\ud800"], "b.png": ["dog"]}'),
    table("with half a surrogate in a name", '{"\\ud800.png": ["cat"], "b.png": ["dog"]}'),
    table("with a NUL in a name", '{"a\\u0000.png": ["cat"], "b.png": ["dog"]}'),
    table("with a NUL in a label", '{"a.png": ["c\\u0000at"], "b.png": ["dog"]}'),
    table("with a newline in a label", '{"a.png": ["cat\\ndog"], "b.png": ["dog"]}'),
    table("of COCO", '{"images": [{"id": 1, "file_name": "a.png"}], "annotations": [], "categories": []}'),
    table("with a separator in a label", '{"a.png": ["cat;dog"], "b.png": ["dog"]}'),
    table("in UTF-16", '{"a.png": ["cat"], "b.png": ["dog"]}'.encode("utf-16")),
    table("with a byte order mark", '\ufeff{"a.png": ["cat"], "b.png": ["dog"]}'),
    table("in Latin-1", '{"a.png": ["K\u00fche"], "b.png": ["dog"]}'.encode("latin-1")),
    table("with a list in a list", '{"a.png": [["cat"]], "b.png": ["dog"]}'),
    table("that is a CSV", "image,labels\na.png,cat\n"),
    table("of lines", '{"image": "a.png", "labels": ["cat"]}\n{"image": "b.png", "labels": ["dog"]}\n'),
    table("with a trailing comma", '{"a.png": ["cat"], "b.png": ["dog"],}'),
    table("with numbers", '{"a.png": [1], "b.png": [2]}'),
    table("with null", '{"a.png": null, "b.png": ["dog"]}'),
    table("of splits", '{"train": {"a.png": ["cat"]}, "val": {"b.png": ["dog"]}}'),
)
