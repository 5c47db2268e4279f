"""Reduce Bitbucket's OpenAPI description to the contract that the tests check.

Run it as `python -m tests.contract.reduce /path/to/openapi.json` when a new version of Bitbucket is
followed. Sentences and examples are left out; so is what no answer of success refers to.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

CONTRACT = Path(__file__).parent / "bitbucket.json"
METHODS = ("get", "post", "put", "delete", "patch")
# Of a schema: what says how a value must be.
_SCHEMA_KEYS = {
    *("$ref", "type", "format", "enum", "items", "properties", "required", "additionalProperties"),
    *("allOf", "anyOf", "oneOf", "nullable", "minimum", "maximum", "pattern", "uniqueItems"),
}


def reduced(description: dict[str, Any]) -> dict[str, Any]:
    """Give the contract of a whole OpenAPI description."""
    paths = {
        path: {name: _operation(methods[name]) for name in METHODS if name in methods}
        for path, methods in description["paths"].items()
    }
    schemas = description["components"]["schemas"]
    kept: dict[str, Any] = {}
    waiting = sorted(_references(paths))
    while waiting:
        name = waiting.pop()
        if name not in kept:
            kept[name] = _schema(schemas[name])
            waiting += _references(kept[name])
    return {"paths": paths, "components": {"schemas": dict(sorted(kept.items()))}}


def text_of(contract: dict[str, Any]) -> str:
    """Write a contract with a line for each operation and each schema, so that changes can be read."""
    lines = []
    for path, methods in contract["paths"].items():
        inner = ",\n".join(f'   "{name}": {_line(value)}' for name, value in methods.items())
        lines.append(f"  {json.dumps(path)}: {{\n{inner}\n  }}")
    schemas = contract["components"]["schemas"]
    described = ",\n".join(f'   "{name}": {_line(value)}' for name, value in schemas.items())
    paths = ",\n".join(lines)
    return (
        f'{{\n "paths": {{\n{paths}\n }},\n "components": {{"schemas": {{\n{described}\n }}}}\n}}\n'
    )


def _operation(operation: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    parameters = [_parameter(one) for one in operation.get("parameters", [])]
    if parameters:
        found["parameters"] = parameters
    body = operation.get("requestBody")
    if body is not None:
        found["requestBody"] = {"content": _content(body.get("content", {}))}
    found["responses"] = {
        status: _response(status, response)
        for status, response in sorted(operation["responses"].items())
    }
    return found


def _parameter(parameter: dict[str, Any]) -> dict[str, Any]:
    found = {"name": parameter["name"], "in": parameter["in"]}
    if parameter.get("required"):
        found["required"] = True
    return found | {"schema": _schema(parameter.get("schema", {}))}


def _response(status: str, response: dict[str, Any]) -> dict[str, Any]:
    # Every error has the same envelope.
    content = _content(response.get("content", {})) if status < "300" else {}
    return {"content": content} if content else {}


def _content(content: dict[str, Any]) -> dict[str, Any]:
    return {
        media: {"schema": _schema(one["schema"])} if "schema" in one else {}
        for media, one in content.items()
    }


def _schema(schema: Any) -> Any:
    if isinstance(schema, list):
        return [_schema(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    found = {key: value for key, value in schema.items() if key in _SCHEMA_KEYS}
    for key, value in found.items():
        if key == "properties":
            found[key] = {name: _schema(one) for name, one in value.items()}
        elif key in {"items", "additionalProperties", "allOf", "anyOf", "oneOf"}:
            found[key] = _schema(value)
    return found


def _references(node: Any) -> set[str]:
    if isinstance(node, list):
        return {name for one in node for name in _references(one)}
    if not isinstance(node, dict):
        return set()
    found = {name for one in node.values() for name in _references(one)}
    if isinstance(node.get("$ref"), str):
        found.add(node["$ref"].rsplit("/", 1)[1])
    return found


def _line(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def main() -> None:
    """Write the contract of the description that the first argument names."""
    description = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    CONTRACT.write_text(text_of(reduced(description)), encoding="utf-8")


if __name__ == "__main__":
    main()
