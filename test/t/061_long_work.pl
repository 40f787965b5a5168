# Copyright (c) 2026, glue_conn contributors
#
# Long work without a call in it can be cancelled, and a rollback takes no
# memory.
#
# Each statement would end with an error of its own.  That it ends with another
# one proves that it was cancelled before its end.

use strict;
use warnings;

use GlueConn::Cluster;
use GlueConn::Inputs;
use Test::More;

my $cluster = GlueConn::Cluster->start;
my $glue = $cluster->glue;

#
# Interrupts
#

my $session = $cluster->session;
$session->must(<<'SQL');
CREATE TABLE long AS SELECT
	(SELECT array_agg('{"Name": 1}'::jsonb) FROM generate_series(1, 300000))
		AS inputs,
	(SELECT jsonb_object_agg('key' || i, 'value') FROM generate_series(1, 600000) AS i)
		AS input;
SET statement_timeout = '100ms';
SQL
my %long = (
	'a list of inputs' => 'SELECT count(*) FROM long, glue_create_connections(inputs)',
	'a large input' => 'SELECT glue_is_valid_connection_input(input)::text::int FROM long',
	'a large definition' => 'SELECT glue_create_connection(input) FROM long');
foreach my $what (sort keys %long)
{
	is($session->query($long{$what})->sqlstate, '57014', "$what can be cancelled");
}

#
# The first rollback of a session, without shared memory
#

sub used
{
	my ($session) = @_;

	return $session->must('SELECT sum(total_bytes) FROM pg_backend_memory_contexts'
		  . " WHERE name = 'TopMemoryContext'")->output;
}

# All preconditions of a call are checked before.
foreach my $end ('ROLLBACK', 'SAVEPOINT s; %s; ROLLBACK TO s; COMMIT')
{
	$session = $cluster->session;
	$session->must(create_sql(jdbc("before $end")));
	my $before = used($session);
	my $sql = create_sql(jdbc("rolled back by $end"));

	$session->must($end =~ /%s/ ? 'BEGIN; ' . sprintf($end, $sql) : "BEGIN; $sql; $end");
	cmp_ok(used($session) - $before, '<', 100_000, "the first of a session: $end");
}

$cluster->finish;
done_testing();
