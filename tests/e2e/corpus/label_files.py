"""Label files as spreadsheets, scripts and other tools write them."""

from e2e.corpus.drawing import LABELS, TWO, folder
from e2e.data_input import Input

H = "image,labels\n"


def table(name: str, labels: str | bytes, **expected: object) -> Input:
    """A folder of four images with a CSV."""
    return Input(name=f"a CSV {name}", make=folder(labels), **expected)


INPUTS = (
    table(
        "in UTF-16",
        LABELS.encode("utf-16"),
        refused=r"line 1: this is not UTF-8 but most likely UTF-16: save it as UTF-8",
    ),
    table(
        "in Latin-1",
        f"{H}a.png,K\u00fche\nb.png,dog\n".encode("latin-1"),
        refused=r"line 2: this is not UTF-8 but most likely Latin-1 or Windows-1252: save it as UTF-8",
    ),
    table("with a byte order mark", f"\ufeff{LABELS}"),
    table("with CRLF", LABELS.replace("\n", "\r\n")),
    table("with CR alone", LABELS.replace("\n", "\r")),
    table(
        "of Excel's German export",
        "image;labels\na.png;cat\nb.png;dog\n",
        shows=TWO,
        noted=r"separates columns with ';'",
    ),
    table(
        "of Excel's German export with commas",
        "image;labels\na.png;cat,dog\nb.png;dog\n",
        refused=r"'cat,dog' looks like 'cat' and 'dog': set dataset.separator=','",
    ),
    table(
        "with Excel's sep=",
        "sep=;\nimage;labels\na.png;cat\nb.png;dog\n",
        shows=TWO,
        noted=r"separates columns with ';'",
    ),
    table("with tabs", LABELS.replace(",", "\t"), noted=r"separates columns with '\\t'"),
    table(
        "with a newline in a quoted name", f'{H}"a\n.png",cat\nb.png,dog\n', refused=r"'a\\n\.png' is not in 'images'"
    ),
    table(
        "with a newline in a quoted label",
        f'{H}a.png,"cat\ndog"\nb.png,dog\n',
        refused=r"a letter that is not text, U.000A",
    ),
    table("with a trailing comma", "image,labels,\na.png,cat,\nb.png,dog,\n", shows=TWO),
    table("with a trailing comma but in the header", f"{H}a.png,cat,\nb.png,dog,\n", shows=TWO),
    table(
        "with spaces around",
        "image , labels\n a.png , cat ; dog \nb.png, dog\n",
        shows={"a": ["cat", "dog"], "b": ["dog"]},
    ),
    table(
        "with a repeated header",
        "image,labels,labels\na.png,cat,dog\nb.png,dog,cat\n",
        refused=r"is not the header: write `image,labels`",
    ),
    table(
        "with a repeated class column", "image,cat,cat\na.png,1,0\nb.png,0,1\n", refused=r"names the column 'cat' twice"
    ),
    table(
        "with a column for each class",
        "image,cat,dog\na.png,1,0\nb.png,0,1\n",
        shows=TWO,
        noted=r"has a column for each class: cat, dog",
    ),
    table(
        "with a column for each class, True and False",
        "image,cat,dog\na.png,True,False\nb.png,False,True\n",
        shows=TWO,
        noted=r"has a column for each class: cat, dog",
    ),
    table(
        "with a column for each class, 1.0 and 0.0",
        "image,cat,dog\na.png,1.0,0.0\nb.png,0.0,1.0\n",
        shows=TWO,
        noted=r"has a column for each class: cat, dog",
    ),
    table(
        "with a column for each class and a 2",
        "image,cat,dog\na.png,1,0\nb.png,0,2\n",
        refused=r"line 3 has a cell that is neither 0 nor 1",
    ),
    table(
        "with a column for each class and shares",
        "image,cat,dog\na.png,0.9,0.1\nb.png,0,1\n",
        refused=r"line 2 does not have 0 or 1 for each class",
    ),
    table(
        "with a column for the background",
        "image,background,dog\na.png,1,0\nb.png,0,1\n",
        refused=r"'background' is label 0 already",
    ),
    table(
        "with a column of numbers beside the classes",
        "id,image,cat,dog\n7,a.png,1,0\n8,b.png,0,1\n",
        refused=r"line 2 does not have 0 or 1 for each class",
    ),
    table(
        "with ids of 0 and 1 beside the classes",
        "id,image,cat,dog\n0,a.png,1,0\n1,b.png,0,1\n",
        refused=r"the label 'id' looks like a column of numbers: take that column out",
    ),
    table(
        "with pandas' index",
        ",image,labels\n0,a.png,cat\n1,b.png,dog\n",
        shows=TWO,
        noted=r"1 column without a name, which is not read",
    ),
    table(
        "with pandas' index and class columns",
        ",image,cat,dog\n0,a.png,1,0\n1,b.png,0,1\n",
        shows=TWO,
        noted=r"is not read|has a column for each class",
    ),
    table(
        "with other words in the header",
        "filename,label\na.png,cat\nb.png,dog\n",
        refused=r"'filename,label' is not the header",
    ),
    table("with capitals in the header", "Image,Labels\na.png,cat\nb.png,dog\n", shows=TWO),
    table("without a header", "a.png,cat\nb.png,dog\n", refused=r"'a.png,cat' is not the header"),
    table("with empty lines", "\n\nimage,labels\n\na.png,cat\n\n\nb.png,dog\n\n", shows=TWO),
    table("with lines of commas", f"{H}a.png,cat\n,\nb.png,dog\n,,,\n", shows=TWO),
    table("with a NUL in a label", f"{H}a.png,cat\0\nb.png,dog\n", refused=r"a letter that is not text, U.0000"),
    table("with a NUL in a name", f"{H}a\0.png,cat\nb.png,dog\n", refused=r"'a\\x00\.png' is not in 'images'"),
    table("with mixed capitals", f"{H}a.png,cat\nb.png,Cat\nc.png,dog\n", refused=r"'Cat' is almost 'cat'"),
    table("with a Cyrillic letter", f"{H}a.png,cat\nb.png,c\u0430t\nc.png,dog\n", refused=r"is almost 'cat'"),
    table(
        "with a no-break space", f"{H}a.png,hot dog\nb.png,hot\u00a0dog\nc.png,dog\n", refused=r"is almost 'hot dog'"
    ),
    table("with a zero-width space", f"{H}a.png,cat\nb.png,cat\u200b\nc.png,dog\n", refused=r"is almost 'cat'"),
    table("with a ligature", f"{H}a.png,\ufb01sh\nb.png,fish\nc.png,dog\n", refused=r"the label 'fish' is almost"),
    table("with two spaces", f"{H}a.png,hot dog\nb.png,hot  dog\nc.png,dog\n", refused=r"is almost 'hot dog'"),
    table(
        "with an underscore for a space",
        f"{H}a.png,hot dog\nb.png,hot_dog\nc.png,dog\n",
        refused=r"'hot_dog' is almost 'hot dog'",
    ),
    table(
        "with an escape sequence in a label",
        f"{H}a.png,\x1b[31mcat\nb.png,dog\n",
        refused=r"a letter that is not text, U.001B",
    ),
    table("with a tab in a label", f"{H}a.png,ca\tt\nb.png,dog\n", refused=r"a letter that is not text, U.0009"),
    table(
        "with pandas' words for nothing",
        f"{H}a.png,nan\nb.png,None\nc.png,dog\nd.png,null\n",
        refused=r"'nan' looks like an empty cell.*the same of 2 more",
    ),
    table("with a question mark for nothing", f"{H}a.png,?\nb.png,dog\n", refused=r"'\?' looks like an empty cell"),
    table("with the class background", f"{H}a.png,background\nb.png,dog\n", refused=r"'background' is label 0 already"),
    table("with numbers for classes", f"{H}a.png,0\nb.png,1\nc.png,2\n", shows={"a": ["0"], "b": ["1"], "c": ["2"]}),
    table(
        "of a million classes",
        H + "a.png," + ";".join(f"c{i}" for i in range(1_000_000)) + "\nb.png,dog\n",
        refused=r"line 2: a cell has more than 131,072 letters",
    ),
    table(
        "of 300 classes",
        H + "a.png," + ";".join(f"c{i}" for i in range(300)) + "\nb.png,dog\n",
        refused=r"301 classes do not fit",
    ),
    table(
        "of 20,000 images that are not there",
        H + "".join(f"x{i}.png,cat\n" for i in range(20_000)),
        refused=r"is not in 'images'; put it there.*the same of 19999 more",
    ),
    table(
        "with a cell of 200,000 letters",
        f"{H}a.png,{'x' * 200_000}\nb.png,dog\n",
        refused=r"more than 131,072 letters; is a quote missing",
    ),
    table(
        "with a cell of brackets",
        f'{H}a.png,"{"[" * 50_000}{"]" * 50_000}"\nb.png,dog\n',
        refused=r"looks like a list: separate labels with ';', without brackets",
    ),
    table(
        "with a quote that never ends",
        f'{H}a.png,"cat\nb.png,dog\nc.png,dog\n',
        refused=r"line 2: unexpected end of data",
    ),
    table(
        "with splits in capitals",
        "image,labels,split\na.png,cat,Train\nb.png,dog,val\n",
        refused=r"there is no split 'train'; this data set has: Train, val: choose",
    ),
    table(
        "with splits called otherwise",
        "image,labels,split\na.png,cat,training\nb.png,dog,validation\n",
        refused=r"there is no split 'train'; this data set has: training, validation: choose",
    ),
    table(
        "with a split for some",
        "image,labels,split\na.png,cat,train\nb.png,dog,\n",
        refused=r"line 3 has an empty column",
    ),
    table("with the split first", "split,image,labels\ntrain,a.png,cat\nval,b.png,dog\n", shows=TWO),
    table(
        "that leads outside",
        f"{H}../x.png,cat\nb.png,dog\n",
        refused=r"'../x.png' is not in 'images'; it leads out of it",
    ),
    table(
        "with an absolute path",
        f"{H}/etc/x.png,cat\nb.png,dog\n",
        refused=r"'/etc/x.png' is not in 'images'; it leads out of it",
    ),
    table(
        "with backslashes",
        f"{H}images\\a.png,cat\nb.png,dog\n",
        refused=r"write names as they are below 'images', here 'a.png'",
    ),
    table(
        "with addresses",
        f"{H}https://x.y/a.png,cat\nb.png,dog\n",
        refused=r"write names as they are below 'images', here 'a.png'",
    ),
    table(
        "with ./ before names",
        f"{H}./a.png,cat\nb.png,dog\n",
        refused=r"write names as they are below 'images', here 'a.png'",
    ),
    table(
        "with capitals for a name",
        f"{H}A.PNG,cat\nb.png,dog\n",
        refused=r"write capital letters as the files have them, here 'a.png'",
    ),
    table(
        "with a name of 5,000 letters",
        f"{H}{'x' * 5_000}.png,cat\nb.png,dog\n",
        refused=r"\(5,004 letters\) is not in 'images'; put it there",
    ),
    table("of a byte order mark alone", b"\xef\xbb\xbf", refused=r"line 1: '' is not the header"),
    table("of nothing", b"", refused=r"line 1: '' is not the header"),
    table(
        "that is a page", b"<html><body>404</body></html>", refused=r"'<html><body>404</body></html>' is not the header"
    ),
    table(
        "that is a workbook",
        b"PK\x03\x04" + bytes(range(256)) * 4,
        refused=r"is not UTF-8 but a workbook or another ZIP",
    ),
    table("with a repeated label", f"{H}a.png,cat;cat;cat\nb.png,dog\n", shows=TWO),
    table("with tuples", f"{H}a.png,\"('cat', 'dog')\"\nb.png,dog\n", refused=r"looks like a list"),
    table("with sets", f"{H}a.png,\"{{'cat', 'dog'}}\"\nb.png,dog\n", refused=r"looks like a list"),
    table(
        "with lists as JSON", f'{H}a.png,"[""cat"", ""dog""]"\nb.png,dog\n', shows={"a": ["cat", "dog"], "b": ["dog"]}
    ),
    table("with lists of numbers", f'{H}a.png,"[1, 2]"\nb.png,"[2]"\n', refused=r"looks like a list"),
    table(
        "with an empty list",
        f"{H}a.png,[]\nb.png,\"['dog']\"\nc.png,cat\n",
        shows={"a": [], "b": ["dog"], "c": ["cat"]},
    ),
)
