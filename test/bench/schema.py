"""Print a JSON schema of the definition of a connection in AWS Glue.

It has the constraints of AWS's model, which botocore uses: members, types,
lengths, patterns and values.
"""

import json

import boto3

# a range of UTF-16, as code points
SURROGATES = r"\uD800\uDC00-\uDBFF\uDFFF", r"\u{10000}-\u{10FFFF}"


def schema_of(shape):
    """Return the schema of a shape of the model."""
    limits = shape.metadata
    if shape.type_name == "structure":
        return {"type": "object", "additionalProperties": False,
                "required": limits.get("required", []),
                "properties": {name: schema_of(member) for name, member
                               in shape.members.items()}}
    if shape.type_name == "map":
        return {"type": "object", "propertyNames": schema_of(shape.key),
                "additionalProperties": schema_of(shape.value),
                "maxProperties": limits.get("max", 1000)}
    if shape.type_name == "list":
        return {"type": "array", "items": schema_of(shape.member),
                "maxItems": limits.get("max", 1000)}
    schema = {"type": shape.type_name}
    for name, keyword in (("min", "minLength"), ("max", "maxLength"),
                          ("enum", "enum")):
        if name in limits:
            schema[keyword] = limits[name]
    if "pattern" in limits:
        pattern = limits["pattern"].replace(*SURROGATES)
        schema["pattern"] = f"^(?:{pattern})$"
    return schema


def main():
    client = boto3.client("glue", region_name="us-east-1")
    request = client.meta.service_model.operation_model("CreateConnection")
    print(json.dumps(schema_of(request.input_shape.members["ConnectionInput"])))


if __name__ == "__main__":
    main()
