"""The text of an article as Markdown: headings, paragraphs, lists, captions, formulas, tables and references."""

from __future__ import annotations

import re

from polyclinic.corpus.readers.jats_tables import markdown_table
from polyclinic.corpus.readers.xml_text import Element, local_name, spaced_text_of, squeezed, text_of

# Elements that stand as paragraphs of their own, though they may stand within one.
BLOCKS = frozenset(
    (
        *("sec", "title", "p", "list", "def-list", "disp-quote", "boxed-text", "statement", "verse-group", "speech"),
        *("table-wrap", "table-wrap-group", "table", "fig", "fig-group", "disp-formula", "disp-formula-group"),
        *("supplementary-material", "ref-list", "ack", "app", "app-group", "glossary", "fn-group", "preformat"),
    )
)
CITED = frozenset(("article-title", "chapter-title", "source", "publisher-name", "year", "volume", "fpage", "lpage"))
PASSED_OVER = frozenset(
    (
        *("supplementary-material", "ref-list", "object-id", "media", "graphic", "inline-graphic", "label"),
        *("permissions", "alt-text", "long-desc", "table-wrap-foot", "sec-meta", "processing-meta", "fn"),
    )
)
# Elements whose text stands in the line as it is.
PLAIN = frozenset(
    ("italic", "bold", "sub", "xref", "ext-link", "uri", "email", "underline", "monospace", "sc", "named-content")
)
NOTES = ("fn", "table-fn")  # what a reference to a note points at; notes are passed over
SPACE_BEFORE = re.compile(r" ([,.;:)\]])")


class ArticleText:
    """Gathers the text of one article from top to bottom."""

    def __init__(self, tables: bool) -> None:
        """Begin an empty article; `tables` says whether its tables are kept."""
        self.tables = tables
        self.parts: list[str] = []
        self.sections: list[str] = []

    def heading(self, text: str, depth: int) -> None:
        """Begin a section."""
        if text:
            self.parts.append(f"{'#' * min(depth, 6)} {text}")
            self.sections.append(text)

    def paragraph(self, text: str) -> None:
        """Add a paragraph, when there is anything in it."""
        text = " ".join(text.split())
        if text:
            self.parts.append(text)

    def text(self) -> str:
        """Return what was gathered; headings without anything below them are left out."""
        kept: list[str] = []
        for part in reversed(self.parts):
            level = len(part) - len(part.lstrip("#"))
            below = len(kept[-1]) - len(kept[-1].lstrip("#")) if kept else 1
            if level and (not kept or (below and below <= level)):
                if (title := part[level + 1 :]) in self.sections:
                    self.sections.remove(title)
                continue
            kept.append(part)
        return "\n\n".join(reversed(kept))

    def blocks(self, parent: Element, depth: int) -> None:
        """Add all that stands below an element, in its order; text between blocks is a paragraph."""
        for child in parent:
            tag = child.tag
            if tag == "p":
                self._paragraph_of(child, depth)
            elif tag == "sec":
                title = child.find("title")
                if title is not None:
                    self.heading(text_of(title), depth)
                self.blocks(child, depth + 1 if title is not None else depth)
            else:
                self._block(child, tag if isinstance(tag, str) else "", depth)

    def _block(self, child: Element, tag: str, depth: int) -> None:
        if tag in PASSED_OVER or not tag:
            return
        if tag == "title":
            parent = child.getparent()
            if parent is None or parent.tag != "sec":
                self.heading(text_of(child), depth)
        elif tag == "list":
            self._list(child)
        elif tag == "def-list":
            for item in child.iter("def-item"):
                self.paragraph(f"{text_of(item.find('term'))}: {text_of(item.find('def'))}")
        elif tag == "table-wrap":
            self._table(child)
        elif tag == "fig":
            self._caption(child)
        elif tag in ("disp-formula", "inline-formula"):
            self.paragraph(formula(child))
        elif tag in ("table", "alternatives"):
            return
        elif tag in BLOCKS or (len(child) and any(local_name(inner) in BLOCKS for inner in child)):
            self.blocks(child, depth)
        else:
            self.paragraph(inline(child))

    def _paragraph_of(self, element: Element, depth: int) -> None:
        if all(child.tag in PLAIN and not len(child) and child.get("ref-type") not in NOTES for child in element):
            if text := text_of(element):
                self.parts.append(text)
            return
        buffer = [element.text or ""]
        for child in element:
            tag = child.tag
            if tag in BLOCKS:
                self.paragraph(SPACE_BEFORE.sub(r"\1", "".join(buffer)))
                buffer.clear()
                self._block(child, tag, depth) if tag != "p" else self._paragraph_of(child, depth)
            else:
                buffer.append(inline(child))
            if child.tail:
                buffer.append(child.tail)
        self.paragraph("".join(buffer))

    def _list(self, element: Element, indent: str = "") -> None:
        numbered = element.get("list-type") in ("order", "arabic", "number", "ordered")
        lines: list[str] = []

        def items(one: Element, indent: str, numbered: bool) -> None:
            for number, item in enumerate(one.findall("list-item"), start=1):
                text = squeezed(" ".join(inline(part) for part in item if part.tag not in ("list", "label")))
                sign = f"{number}." if numbered else "-"
                if text:
                    lines.append(f"{indent}{sign} {text}")
                for below in item.findall("list"):
                    items(below, f"{indent}  ", below.get("list-type") in ("order", "arabic", "number", "ordered"))

        items(element, indent, numbered)
        if lines:
            self.parts.append("\n".join(lines))

    def _caption(self, element: Element) -> None:
        label, caption = text_of(element.find("label")), element.find("caption")
        if caption is None:
            return
        text = squeezed(" ".join(inline(part) for part in caption))
        if text:
            self.paragraph(f"{label.rstrip('.:')}: {text}" if label else text)

    def _table(self, element: Element) -> None:
        if not self.tables:
            return
        self._caption(element)
        for table in element.iter("table"):
            if rows := markdown_table(table):
                self.parts.append(rows)
        for foot in element.iterfind("table-wrap-foot"):
            self.paragraph(text_of(foot))


def inline(element: Element) -> str:
    """Return an element's text as it stands in a line; powers are written with `^`."""
    tag = element.tag
    if tag == "sup":
        text = text_of(element)
        # Superscripts that point at a reference or a note are no powers.
        if any(child.tag == "xref" for child in element):
            return f" [{text}]" if text[:1].isdigit() else ""
        return f"^{text}" if re.fullmatch(r"[-−–+]?[\d.]{1,6}|[nNxX+−-]", text) else text
    if tag == "xref" and element.get("ref-type") in NOTES:
        return ""
    if tag in ("inline-formula", "disp-formula"):
        return formula(element)
    if tag in PASSED_OVER:
        return ""
    if tag == "break":
        return " "
    if not len(element):
        return element.text or ""
    parts = [element.text or ""]
    for child in element:
        child_tag = child.tag
        if len(child) or child_tag in _SPECIAL:
            parts.append(inline(child))
            if child_tag in BLOCKS:
                parts.append(" ")
        else:
            parts.append(child.text or "")
        if child.tail:
            parts.append(child.tail)
    return "".join(parts)


_SPECIAL = frozenset({"sup", "xref", "break", "inline-formula", "disp-formula", "p"}) | PASSED_OVER


def formula(element: Element) -> str:
    """Return a formula: its TeX where there is one, the text of its MathML otherwise."""
    for child in element.iter():
        name = local_name(child)
        if name == "tex-math":
            text = child.text or ""
            body = re.search(r"\\begin\{document\}(.*)\\end\{document\}", text, re.DOTALL)
            return squeezed(body[1] if body else text)
        if name == "math":
            return squeezed("".join(child.itertext()))
    return squeezed("".join(element.itertext()))


def references(root: Element) -> list[str]:
    """Return the list of references, each on one line."""
    found = []
    for ref in root.iter("ref"):
        for citation in ref:
            if citation.tag in ("mixed-citation", "element-citation", "citation", "nlm-citation"):
                found.append(_citation(citation))
                break
    return [text for text in found if text]


def _citation(citation: Element) -> str:
    if citation.tag == "mixed-citation" or (citation.text or "").strip():
        # Written out, with its punctuation; names are joined where only tags divide them.
        return SPACE_BEFORE.sub(r"\1", spaced_text_of(citation))
    names: list[str] = []
    fields: dict[str, str] = {}
    for child in citation:
        tag = child.tag
        if tag == "person-group":
            names += [text for name in child if (text := spaced_text_of(name))]
        elif tag in ("name", "string-name", "collab"):
            names.append(spaced_text_of(child))
        elif tag in CITED and tag not in fields:
            fields[tag] = text_of(child)
    have = fields.get
    title = have("article-title") or have("chapter-title", "")
    pages = "-".join(filter(None, (have("fpage"), have("lpage"))))
    where = ";".join(filter(None, (have("year"), have("volume"))))
    where = " ".join(filter(None, (have("source") or have("publisher-name"), f"{where}:{pages}" if pages else where)))
    authors = ", ".join(names[:6]) + (", et al" if len(names) > 6 else "")
    return ". ".join(part.rstrip(".") for part in (authors, title, where) if part)
