"""XML by lxml, incrementally: an element per row, an element per column in it."""

from pathlib import Path

from lxml import etree

from bench.rivals.rows import COLUMNS, Task, complete, run


def write_xml(task: Task, path: Path) -> None:
    with etree.xmlfile(str(path), encoding="UTF-8") as file:
        file.write_declaration()
        with file.element("export"):
            for row in complete(task):
                element = etree.Element("row")
                for name, value in zip(COLUMNS, row, strict=True):
                    etree.SubElement(element, name).text = None if value is None else str(value)
                file.write(element)


if __name__ == "__main__":
    run({"xml": write_xml})
