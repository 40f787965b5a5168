-- test/bench/pg_jsonschema.sql
--
-- The measured functions of pg_jsonschema, as in the script that cargo-pgrx
-- would write for the extension.  The variable library is its shared object.

CREATE TYPE jsonschema;
CREATE FUNCTION jsonschema_in(cstring) RETURNS jsonschema
	AS :'library', 'jsonschema_in_wrapper' LANGUAGE C IMMUTABLE STRICT;
CREATE FUNCTION jsonschema_out(jsonschema) RETURNS cstring
	AS :'library', 'jsonschema_out_wrapper' LANGUAGE C IMMUTABLE STRICT;
CREATE TYPE jsonschema (INPUT = jsonschema_in, OUTPUT = jsonschema_out,
	INTERNALLENGTH = variable, STORAGE = extended);
CREATE FUNCTION jsonb_matches_schema(schema json, instance jsonb) RETURNS boolean
	AS :'library', 'jsonb_matches_schema_wrapper' LANGUAGE C IMMUTABLE STRICT;
CREATE FUNCTION jsonb_matches_compiled_schema(schema jsonschema, instance jsonb)
	RETURNS boolean
	AS :'library', 'jsonb_matches_compiled_schema_wrapper'
	LANGUAGE C IMMUTABLE STRICT;
