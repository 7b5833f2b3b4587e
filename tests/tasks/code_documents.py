"""A small code set for tests."""

from pathlib import Path

from polyclinic.records import Document, write_records


def code_document(code: str, parent: str, description: str, *, leaf: bool = True, chapter: str = "1") -> Document:
    """Return the document of a code as corpus.icd10cm makes it."""
    block = f"{code[0]}00-{code[0]}99"
    return Document(
        id=f"icd10cm-{code}",
        text=f"ICD-10-CM code {code}: {description}",
        title=f"{code} {description}",
        domain="medcode",
        source="test set",
        license="public-domain",
        metadata={
            "code": code,
            "parent": parent,
            "parent_description": f"what {parent} is",
            "description": description,
            "leaf": leaf,
            "block": block,
            "block_description": f"block {code[0]}",
            "chapter": chapter,
            "chapter_description": f"chapter {chapter}",
        },
    )


def code_set() -> list[Document]:
    """Return two chapters of three categories each, five leaves in each category, one of them a level deeper."""
    documents = []
    for chapter, letter in (("1", "A"), ("2", "B")):
        for category in range(3):
            name = f"{letter}0{category}"
            documents.append(
                code_document(name, f"{letter}00-{letter}99", f"disease {name}", leaf=False, chapter=chapter)
            )
            for leaf in range(4):
                documents.append(
                    code_document(f"{name}.{leaf}", name, f"disease {name} of kind {leaf}", chapter=chapter)
                )
            documents.append(code_document(f"{name}.9", name, f"disease {name}, other", leaf=False, chapter=chapter))
            documents.append(
                code_document(f"{name}.91", f"{name}.9", f"disease {name}, other, mild", chapter=chapter)
            )
    return documents


def write_set(folder: Path, documents: list[Document]) -> Path:
    """Write documents as a folder and return it."""
    write_records(folder, documents, Document)
    return folder
