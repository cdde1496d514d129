"""The JSON Schema of lab.yaml, for editors: made from the very classes that read a lab."""

from typing import Any

from portal import panels
from portal.catalog.images import offered
from portal.catalog.services import ceilings
from portal.engine.lab.cluster import Limits
from portal.engine.lab.confs import ALLOWED
from portal.engine.lab.spec import LabSpec


def lab_schema() -> dict[str, Any]:
    """The schema, with the operator's images and ceilings in it."""
    schema = LabSpec.model_json_schema(by_alias=True)
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    schema["title"] = "A Sluice lab (lab.yaml)"
    places = schema["$defs"]
    places["ServiceSpec"]["properties"]["image"]["enum"] = offered()
    places["StepSpec"]["properties"]["look_at"]["enum"] = panels.names()
    # Numbers need no quotes there.
    places["ServiceSpec"]["properties"]["environment"]["additionalProperties"] = {
        "type": ["string", "integer"]
    }
    places["ServiceSpec"]["properties"]["conf"] = {
        "type": "object",
        "additionalProperties": False,
        "properties": {
            name: {"type": ["string", "integer", "boolean"], "pattern": f"^({form})$"}
            for name, form in ALLOWED.items()
        },
    }
    for name in Limits.model_fields:
        places["Limits"]["properties"][name]["maximum"] = getattr(ceilings(), name)
    return schema
