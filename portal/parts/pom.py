"""What Maven is asked for: a project that depends on an image's jars."""

from collections.abc import Iterable
from xml.etree import ElementTree

from portal.images.spec import Jars

NAMESPACE = "http://maven.apache.org/POM/4.0.0"
ALL = ("*",)


def text(jars: Jars) -> str:
    """The pom.xml."""
    project = ElementTree.Element("project", xmlns=NAMESPACE)
    ours = {"modelVersion": "4.0.0", "groupId": "sluice", "artifactId": "parts", "version": "1"}
    add(project, **ours, packaging="pom")
    dependencies = ElementTree.SubElement(project, "dependencies")
    for each in jars.coordinates:
        depend(dependencies, each, jars.without)
    for each in jars.alone:
        depend(dependencies, each, ALL)
    return ElementTree.tostring(project, encoding="unicode", xml_declaration=True)


def depend(on: ElementTree.Element, coordinates: str, without: Iterable[str]) -> None:
    """Add a dependency, less what it isn't to bring along."""
    group, artifact, version = coordinates.split(":")
    made = ElementTree.SubElement(on, "dependency")
    add(made, groupId=group, artifactId=artifact, version=version)
    exclusions = ElementTree.SubElement(made, "exclusions")
    for each in without:
        group, _, artifact = each.partition(":")
        exclusion = ElementTree.SubElement(exclusions, "exclusion")
        add(exclusion, groupId=group, artifactId=artifact or "*")


def add(element: ElementTree.Element, **values: str) -> None:
    """Add elements of text."""
    for name, value in values.items():
        ElementTree.SubElement(element, name).text = value
