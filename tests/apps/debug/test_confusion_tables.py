"""Tables of confusions."""

from debugged import CLASSES, Looked

from wsss.apps.debug.confusion_tables import Wrong, count_table, image_table, under_table

WRONG = (
    Wrong(cls=0, image=0, probability=0.9, said=True, under={"run": "blue", "truth": "background"}),
    Wrong(cls=0, image=1, probability=0.8, said=True, under={"truth": "background"}),
    Wrong(cls=1, image=2, probability=0.1, said=False, under={"run": "nothing"}),
)


def test_labels_under_peaks_are_counted_by_origin():
    rows = under_table(WRONG, names=CLASSES, said=True).rows
    assert rows == (("red", "background", 0, 2), ("red", "blue", 1, 0))
    assert under_table(WRONG, names=CLASSES, said=False).rows == (("green", "nothing", 1, 0),)


def test_the_class_with_most_wrong_answers_is_first():
    rows = count_table({0: (1, 5, 1), 1: (0, 9, 4), 2: (0, 3, 0)}, names=CLASSES).rows
    assert rows == (("green", 0, 9, 4), ("red", 1, 5, 1), ("blue", 0, 3, 0))


def test_every_image_is_named(plain: Looked):
    rows = image_table(plain.survey, WRONG, names=CLASSES).rows
    assert rows[0] == (plain.survey.records[0].id, "red", "not tagged", 0.9, "blue", "background")
    assert rows[2][2:] == ("missed", 0.1, "nothing", None)
