"""What Maven is asked for says what an image.toml says of its jars."""

from xml.etree import ElementTree

from portal.images.spec import Jars
from portal.parts import pom

SPACE = {"m": pom.NAMESPACE}


def left_out(dependency: ElementTree.Element) -> list[tuple[str | None, str | None]]:
    """The group and artifact of each exclusion."""
    return [
        (each.findtext("m:groupId", None, SPACE), each.findtext("m:artifactId", None, SPACE))
        for each in dependency.iterfind("m:exclusions/m:exclusion", SPACE)
    ]


def test_it_asks_for_jars_with_what_they_need_and_alone() -> None:
    jars = Jars("/opt/x", ("a:b:1",), alone=("c:d:2",), without=("e", "f:g"))
    project = ElementTree.fromstring(pom.text(jars))
    first, second = project.iterfind("m:dependencies/m:dependency", SPACE)
    assert [each.text for each in first][:3] == ["a", "b", "1"]
    assert left_out(first) == [("e", "*"), ("f", "g")]
    assert [each.text for each in second][:3] == ["c", "d", "2"]
    assert left_out(second) == [("*", "*")]
