--
-- The functions for tags as far as they get without AWS; test/t has the rest
--
SET glue_conn.region = 'us-east-1';
SET glue_conn.config_file = '/dev/null';
SET glue_conn.credentials_file = '/dev/null';

-- all faults of the arguments, at once
SELECT glue_tag_connection(NULL, NULL);
SELECT glue_tag_connection('a', 'null');
SELECT glue_tag_connection('', '{"aws:x": "y", "a": ["b"], "": "c"}', catalog_id => '');
SELECT glue_tag_connection('a', (SELECT jsonb_object_agg(n, n) FROM generate_series(1, 51) n));
SELECT glue_tag_connection('a', ('{"a":' || repeat('[', 40) || repeat(']', 40) || '}')::jsonb);
SELECT glue_untag_connection(NULL, NULL);
SELECT glue_untag_connection('a', ARRAY['b', NULL, '', repeat('c', 129)], catalog_id => E'a\nb');
SELECT glue_untag_connection('a', (SELECT array_agg(n::text) FROM generate_series(1, 51) n));
SELECT glue_get_connection_tags(NULL);
SELECT glue_get_connection_tags('');

-- possible faults of tags are warnings
SELECT glue_tag_connection('a', '{"awsome": 1, "b": true}', server => 'nowhere');

SELECT glue_untag_connection('a', '{b}', server => 'nowhere');
SELECT glue_get_connection_tags('a', server => 'nowhere');

-- a transaction that must not write
BEGIN READ ONLY;
SELECT glue_tag_connection('a', '{}');
ROLLBACK;
BEGIN READ ONLY;
SELECT glue_untag_connection('a', '{}');
ROLLBACK;
BEGIN READ ONLY;
SELECT glue_get_connection_tags('a', server => 'nowhere');
ROLLBACK;
RESET ALL;
