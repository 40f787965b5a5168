# Copyright (c) 2026, glue_conn contributors
#
# Rows against rows: attempts of a role with few rights to get a name, a
# connection or rights of others, with triggers, partitions and conditions of
# its own.

use strict;
use warnings;

use GlueConn::Cluster;
use GlueConn::Inputs;
use GlueConn::LocalGlue;
use GlueConn::Queue;
use GlueConn::Ways;
use Test::More;

my $cluster = GlueConn::Cluster->start;
my $glue = $cluster->glue;
my $session = $cluster->session;

my $seen = 0;

sub outcomes { return new_outcomes($session, \$seen); }

# Which tables hold a name, own its connection, and have let it go.
sub entries
{
	my ($name) = @_;

	return $session->must(q{SELECT coalesce(string_agg(relation::regclass
		|| CASE WHEN owned THEN ' owns' ELSE '' END
		|| CASE WHEN released THEN ' released' ELSE '' END, ', ' ORDER BY id), '')
		FROM glue_provision WHERE name = } . literal($name))->output;
}

# A table of two partitions, "_a" and "_b".
sub make_partitions
{
	my ($table) = @_;

	$session->must("CREATE TABLE $table (part text, connection_input jsonb) PARTITION BY LIST (part)");
	$session->must("CREATE TABLE ${table}_$_ PARTITION OF $table FOR VALUES IN ('$_')") foreach qw(a b);
	return;
}

sub insert
{
	my ($table, $part, @input) = @_;

	return "INSERT INTO $table VALUES ('$part', " . input_sql(@input) . ')';
}

#
# Rows that move
#

# Each partition has a trigger of its own, and so a name of its own.
make_partitions('apart');
$session->must(trigger_sql("apart_$_")) foreach qw(a b);
$session->must(insert('apart', 'a', 'apart'));
outcomes();
$session->must("UPDATE apart SET part = 'b'");
is(outcomes(), 'Delete apart succeeded, Create apart succeeded',
	'a row that moves to where another trigger holds its name is another one');
is(entries('apart'), 'apart_b owns', 'and is held there');
$session->must('DELETE FROM apart');
is(outcomes(), 'Delete apart succeeded', 'so that its deletion deletes');
is(entries('apart'), '', 'and nothing is left behind');

# Another table's row in the same statement is not the other half, either.
make_partitions('left_open');
make_partitions('other');
$session->must(trigger_sql($_)) foreach 'left_open', 'other';
$session->must(insert('left_open', 'a', 'half'));
outcomes();
$session->must('ALTER TABLE left_open_b DISABLE TRIGGER ALL');
$session->must(q{WITH moved AS (UPDATE left_open SET part = 'b' RETURNING part, connection_input)
	INSERT INTO other SELECT * FROM moved});
is(outcomes(), 'Delete half succeeded, Create half succeeded',
	'a row that a statement writes into another table is another one');
is(entries('half'), 'other owns', 'which holds the name');

# A claim from before a partition was attached is not found by the trigger of
# both.
make_partitions('whole');
$session->must('CREATE TABLE alone (part text, connection_input jsonb); ' . trigger_sql('alone') . '; '
	  . insert('alone', 'c', 'attached'));
outcomes();
$session->must(q{DROP TRIGGER provision ON alone; ALTER TABLE whole ATTACH PARTITION alone FOR VALUES IN ('c'); }
	  . trigger_sql('whole'));
is($session->query(q{UPDATE whole SET connection_input = connection_input || '{"Description": "x"}'})->sqlstate,
	'23505', 'a row that was attached has its name held by its partition');
$session->must(q{SELECT glue_release_connection('alone', 'attached')});
is($session->must(q{SELECT outcome FROM glue_adopt_rows('whole')})->output, 'adopted',
	'which gives it up to the partitioned table');
$session->must('DELETE FROM alone');
is(outcomes(), 'Delete attached succeeded', 'so that it is deleted from anywhere');

# Another region is another target.
$session->must('CREATE TABLE plain (connection_input jsonb); ' . trigger_sql('plain') . '; '
	  . 'INSERT INTO plain VALUES (' . input_sql('region') . ')');
outcomes();
$session->must(q{SET glue_conn.region = 'eu-west-1'; DELETE FROM plain; RESET glue_conn.region});
is(outcomes(), '', 'in another region, a row owns nothing');
is(entries('region'), 'plain owns', 'and the name stays held');

#
# A connection of a row by another server, of which nobody could say when it was created
#

$session->must(server_sql($_, $glue->access_key, $glue->secret_key,
	options => "region 'us-east-1'", user => 'PUBLIC')) foreach 'one', 'two';
$session->must("CREATE TABLE by_$_ (connection_input jsonb)") foreach 'one', 'two';
$session->must(trigger_sql('by_one', 'server=one') . '; ' . trigger_sql('by_two', 'server=two', 'on_conflict=update'));
$session->must('INSERT INTO by_one VALUES (' . input_sql('undated', Description => 'of one') . ')');
outcomes();
$session->must(q{UPDATE glue_provision SET made_from = NULL, made_until = NULL WHERE name = 'undated'});
$session->must('INSERT INTO by_two VALUES (' . input_sql('undated', Description => 'of two') . ')');
is(outcomes(), 'Create undated failed NotOurs', 'a connection that may be another row\'s is not updated');
is($glue->connection('undated')->{definition}{Description}, 'of one', 'and stays as it was');

# A catalog that has the name of a server is a mistake.
$session->must('CREATE TABLE mistaken (connection_input jsonb); ' . trigger_sql('mistaken', 'catalog_id=one'));
is($session->query(q{SELECT glue_adopt_rows('mistaken')})->sqlstate, '22023',
	'a server that is given as the catalog is refused');

#
# Tables that come and go
#

foreach my $round (1 .. 2)
{
	$session->must('CREATE TABLE passing (connection_input jsonb); ' . trigger_sql('passing', 'on_conflict=adopt')
		  . '; INSERT INTO passing VALUES (' . input_sql('passing') . ')');
	is(outcomes(), 'Create passing succeeded', 'a table comes');
	is(entries('passing'), 'passing owns', 'and nothing is left of one that has gone');
	$session->must('DROP TABLE passing');
}

#
# IDs of entries that are taken
#

$session->must(q{SET statement_timeout = '30s'; SELECT setval('glue_provision_id_seq', min(id), false) FROM glue_provision});
is($session->query('INSERT INTO plain VALUES (' . input_sql('id') . ')')->sqlstate, '00000',
	'an ID that is taken is skipped');
$session->must('RESET statement_timeout');

#
# Conditions of triggers
#

$session->must('CREATE ROLE tenant LOGIN; CREATE SCHEMA tenant AUTHORIZATION tenant');
$session->must('GRANT EXECUTE ON FUNCTION glue_provision_connection() TO tenant');
my $tenant = $cluster->session(user => 'tenant');
$tenant->must(<<'SQL');
CREATE TABLE tenant.seen_as (who text, path text);
CREATE TABLE tenant."tr""ap" (id int, "in""put" jsonb);
CREATE FUNCTION tenant.spring(int) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
	INSERT INTO tenant.seen_as VALUES (current_user, current_setting('search_path'));
	RETURN $1 > 0;
END $$;
SQL
$tenant->must('INSERT INTO tenant."tr""ap" VALUES (1, ' . input_sql('trap') . '), (0, ' . input_sql('unseen') . ')');
$tenant->must('CREATE TRIGGER provision AFTER INSERT ON tenant."tr""ap" FOR EACH ROW'
	  . ' WHEN (tenant.spring(NEW.id) AND NEW IS NOT NULL AND NEW."in""put"->>$$Name$$ <> $$--")$$)'
	  . q{ EXECUTE FUNCTION glue_provision_connection('input=in"put')});

foreach my $path ('', 'tenant, pg_catalog')
{
	$session->must("SET search_path = public" . ($path ? ", $path" : ''));
	is($session->must(q{SELECT string_agg(name || ' ' || outcome, ', ')
		FROM glue_adopt_rows('tenant."tr""ap"')})->output,
		'trap missing', 'a superuser adopts the rows of a tenant' . ($path ? ", by its search_path" : ''));
}
$session->must('RESET search_path');
is($session->must(q{SELECT string_agg(DISTINCT who || ' ' || path, '; ') FROM tenant.seen_as})->output,
	'tenant pg_catalog, pg_temp', 'whose condition has the rights of the tenant, and a safe search_path');

# Others may change the triggers meanwhile; a PostgreSQL with assertions
# detects a use after free.
{
	my $other = $cluster->session;

	# refused without assertions
	$other->query('SET debug_discard_caches = 1');
	is($other->query(q{SELECT outcome FROM glue_adopt_rows('tenant."tr""ap"')})->output,
		'missing', 'the data of a trigger stay valid as long as they are needed');
}

done_testing();
