# Copyright (c) 2026, glue_conn contributors
#
# A transaction that must not write does not create a connection, and sends
# nothing.
#
# In a read-only transaction and on a standby, a connection could be created
# but not be recorded.  Reading is allowed in both.  When the standby becomes
# the primary, it has the records and continues.

use strict;
use warnings;

use GlueConn::Cluster;
use GlueConn::Inputs;
use GlueConn::Session;
use PostgreSQL::Test::Cluster;
use Test::More;

my $cluster = GlueConn::Cluster->start(init => { allows_streaming => 1 });
my $primary = $cluster->node;
my $session = $cluster->session;

$session->must(create_sql(jdbc('there')));

#
# Read-only transactions
#

my %ways = (
	'a read-only transaction' =>
	  [ 'BEGIN READ ONLY', 'ROLLBACK' ],
	'a transaction that became one' =>
	  [ 'BEGIN; SET TRANSACTION READ ONLY', 'ROLLBACK' ],
	'a session for reading' => [
		'SET default_transaction_read_only = on',
		'RESET default_transaction_read_only'
	]);
foreach my $way (sort keys %ways)
{
	my ($before, $after) = @{ $ways{$way} };
	my $watch = $cluster->watch;

	$session->must($before);
	is(json_value($session->must(get_sql('there'))->output)->{Name},
		'there', "$way: reading");
	my $result = $session->query(create_sql(jdbc('x')));
	is($result->sqlstate, '25006', "$way: creating");
	is( $result->message,
		'cannot execute glue_create_connection() in a read-only transaction',
		"$way: is refused");
	is($watch->sent('CreateConnection'), 0, "$way: and not sent");
	$session->must($after);
}

# The input is not looked at first, nor the credentials.
is($session->query('BEGIN READ ONLY; ' . create_sql('{}') . '; ROLLBACK')
	  ->sqlstate, '25006', 'which is said first');

#
# A standby
#

$primary->backup('copy');
my $standby = PostgreSQL::Test::Cluster->new('standby');
$standby->init_from_backup($primary, 'copy', has_streaming => 1);
$cluster->start_node($standby);

$session->must(create_sql(everything('replicated')));
$primary->wait_for_catchup($standby);

my $watch = $cluster->watch;
my $reader = GlueConn::Session->new($standby->connstr('postgres'));
my $result = $reader->query(create_sql(jdbc('x')));
is($result->sqlstate, '25006', 'creating on a standby');
is($watch->sent, 0, 'is not sent');
is(json_value($reader->must(get_sql('there'))->output)->{Name},
	'there', 'reading on a standby');
is( $reader->must('SELECT string_agg(name, \',\' ORDER BY name)'
		  . ' FROM glue_connection')->output,
	'replicated,there',
	'the records are there');
is($reader->must("SELECT glue_is_valid_connection_input('{}')")->output,
	'f', 'and so are functions without AWS');

# Comparing and listing do not write either.
is($reader->must('SELECT count(*) FROM glue_connection_drift()')->output,
	'0', 'there is no drift on a standby');
is($reader->must('SELECT count(*) FROM glue_get_connections()')->output,
	'2', 'listing on a standby');
is($reader->must("SELECT glue_wait_connection('there')")->output,
	'READY', 'waiting on a standby');
is($reader->query("SELECT glue_test_connection('there')")->text,
	'', 'testing on a standby');
is($reader->must("SELECT glue_get_connection_tags('there')")->output,
	'{}', 'reading tags on a standby');
foreach my $sql ("SELECT glue_delete_connection('there')",
	"SELECT glue_tag_connection('there', '{}')",
	"SELECT glue_untag_connection('there', '{}')",
	'SELECT * FROM glue_sync_connections()')
{
	is($reader->query($sql)->sqlstate, '25006', 'and writes are refused');
}

$standby->promote;
is($reader->must(create_sql(jdbc('x')))->output,
	'READY', 'the same session can create after the promotion');
is($cluster->glue->created('x'), 1, 'once');
$reader->quit;
$standby->stop;

$session->quit;
$cluster->finish;
done_testing();
