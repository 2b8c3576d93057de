#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# templates/fleet.schema.json, as other programs see it. That it is what the program's keys make is in a unit test.

load helpers

@test "the example manifest is what the schema says, and the schema can refuse" {
	need python3
	python3 -c 'import jsonschema' 2>/dev/null || skip "python3-jsonschema is not installed"
	python3 - "$top/templates/fleet.schema.json" "$top/templates/fleet.example.json" <<-'PYTHON'
		import json, sys
		from jsonschema import Draft202012Validator
		schema, example = (json.load(open(path)) for path in sys.argv[1:])
		Draft202012Validator.check_schema(schema)
		validator = Draft202012Validator(schema)
		validator.validate(example)
		def guest(**settings):
		    return {"fleet": "shop", "guests": {"web01": settings}}
		def group(**settings):
		    return {"fleet": "shop", "groups": {"web": settings}}
		for good in (guest(), guest(memory=512), guest(memory="1G", autostart=True, dns=["192.0.2.1"], size=None),
		             group(guests="web{01..20}", ip="192.0.2.{11..30}/24"), group(guests=["web", "db{2..3}"]),
		             guest(networks=["bridge=b", {"bridge": "b", "vlan": 5, "ip": ["192.0.2.1/24"], "trusted": False}]),
		             guest(networks={"pool": "192.0.2.0/24"}), guest(networks=None)):
		    validator.validate(good)
		for bad in ({}, {"fleet": "shop"}, {"guests": {"a": {}}}, {**guest(), "fleet": "Shop"}, {**guest(), "group": {}},
		            guest(memroy=512), guest(size=4), guest(autostart="yes"), guest(dns=[1]), guest(template=""),
		            guest(guests="a"), guest(networks={"brige": "b"}), guest(networks=[{"vlan": []}]), guest(networks=[5]), group(), group(guests="web{1..}"), group(guests="web", memroy=512),
		            {"fleet": "shop", "guests": {"a_b": {}}}, {**guest(), "defaults": {"guests": "a"}}):
		    assert not validator.is_valid(bad), bad
	PYTHON
}

@test "each key of the schema has a description and a type" {
	need jq
	run jq -r '."$defs".settings.properties | to_entries[]
		| select((.value.description | length) == 0 or ((.value.type // .value.anyOf) | length) == 0) | .key' "$top/templates/fleet.schema.json"
	[[ $status == 0 && -z $output ]]
	(($(jq '."$defs".settings.properties | length' "$top/templates/fleet.schema.json") > 20))
}
