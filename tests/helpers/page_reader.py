"""A reader of HTML as strict as the pages' own rules."""

from html.parser import HTMLParser

VOID = {"meta", "img", "source", "br"}


class Reader(HTMLParser):
    """Reads a page: every tag that opens is closed, in order."""

    def __init__(self, text):
        super().__init__()
        self.open, self.tags, self.attributes, self.cells, self.words = [], [], [], [], []
        self.feed(text)
        self.close()
        assert not self.open

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += attrs
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.words.append(data)
        if self.open and self.open[-1] in {"td", "th"}:
            self.cells.append(data)
