"""An audit is made of cached stages: a second call computes nothing, and options have their fingerprints."""

from audits import Example

from wsss.apps.audit import audit
from wsss.apps.audit.audited import pipeline
from wsss.config.build import TARGET


def test_a_second_audit_computes_nothing(audit_example: Example):
    first = audit_example.audited
    before = {name: each.manifest_path.stat().st_mtime_ns for name, each in first.artifacts.items()}
    network = {TARGET: "wsss.models.classifier.ClassifierOptions", "output_stride": 32}
    again = audit(audit_example.dataset, network, store=audit_example.store)
    assert again.artifacts == first.artifacts
    assert {name: each.manifest_path.stat().st_mtime_ns for name, each in again.artifacts.items()} == before


def test_images_know_their_splits_groups_and_tags(audit_example: Example):
    audited = audit_example.audited
    place = {record.id: number for number, record in enumerate(audited.embedded.records)}
    for copy, (original, _) in audit_example.copies.items():
        assert audited.groups[place[copy]] == audited.groups[place[original]]
    assert audited.split_of(place["copy_0"]) == "val"
    assert audited.shown.sum(axis=1).tolist() == [len(record.classes) for record in audited.embedded.records]


def test_stages_are_those_of_a_run():
    nodes = pipeline({"a": 1}, {"b": 2}, runtime={"c": 3})
    assert list(nodes) == ["index_data", "embed_images", "compare_images", "audit_tags"]
    assert nodes["index_data"]["dataset"] == {"a": 1}
    assert nodes["embed_images"]["network"] == {"b": 2}
    assert all(node["runtime"] == {"c": 3} for node in nodes.values())
