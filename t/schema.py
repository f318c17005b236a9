# SPDX-License-Identifier: MIT
"""As much of JSON Schema as the hub's openapi.json uses, and no more: a word
that is not known here fails the test."""

TYPES = {
    "object": lambda v: isinstance(v, dict),
    "array": lambda v: isinstance(v, list),
    "string": lambda v: isinstance(v, str),
    "number": lambda v: isinstance(v, (int, float)) and not isinstance(v, bool),
    "integer": lambda v: isinstance(v, int) and not isinstance(v, bool),
    "boolean": lambda v: isinstance(v, bool),
    "null": lambda v: v is None,
}
KNOWN = {"$ref", "type", "enum", "const", "anyOf", "properties", "required",
         "additionalProperties", "items", "minItems", "maxItems",
         "description", "minimum", "maximum", "default"}


def object_mistakes(schema, document, value, at):
    known = schema.get("properties", {})
    more = schema.get("additionalProperties", True)
    for name in schema.get("required", []):
        if name not in value:
            yield f"{at} has no {name}"
    for name, member in value.items():
        if name in known:
            yield from mistakes(known[name], document, member, f"{at}.{name}")
        elif more is False:
            yield f"{at} has {name}, which is not described"
        elif isinstance(more, dict):
            yield from mistakes(more, document, member, f"{at}.{name}")


def array_mistakes(schema, document, value, at):
    if not (schema.get("minItems", 0) <= len(value)
            <= schema.get("maxItems", len(value))):
        yield f"{at} has {len(value)} items"
    for i, item in enumerate(value):
        yield from mistakes(schema.get("items", {}), document, item,
                            f"{at}[{i}]")


def mistakes(schema, document, value, at="it"):
    """What of value is not as the schema says, sentence by sentence."""
    if "$ref" in schema:
        target = document
        for part in schema["$ref"].split("/")[1:]:
            target = target[part]
        yield from mistakes(target, document, value, at)
        return
    assert set(schema) <= KNOWN, set(schema) - KNOWN
    wanted = schema.get("type", [])
    wanted = [wanted] if isinstance(wanted, str) else wanted
    if wanted and not any(TYPES[t](value) for t in wanted):
        yield f"{at} is {value!r}, not {' or '.join(wanted)}"
        return
    if "enum" in schema and value not in schema["enum"]:
        yield f"{at} is {value!r}"
    if "const" in schema and value != schema["const"]:
        yield f"{at} is {value!r}"
    if "anyOf" in schema and all(
            list(mistakes(s, document, value, at)) for s in schema["anyOf"]):
        yield f"{at} is {value!r}, which is none of what it may be"
    if isinstance(value, dict):
        yield from object_mistakes(schema, document, value, at)
    if isinstance(value, list):
        yield from array_mistakes(schema, document, value, at)
