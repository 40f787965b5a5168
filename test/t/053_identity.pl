# Copyright (c) 2026, glue_conn contributors
#
# A connection has one identity, in any notation: with or without a catalog,
# with or without a foreign server, with a region in any case.  So it has one
# row, and an action on it locks out all others.

use strict;
use warnings;

use GlueConn::Cluster;
use GlueConn::Inputs;
use GlueConn::Queue;
use GlueConn::Resolved qw(create update);
use GlueConn::Ways;
use Test::More;

my $cluster = GlueConn::Cluster->start(preload => 1, asks_account => 1,
	conf => "glue_conn.settle_time = 1s\n");
my $glue = $cluster->glue;
my $resolved = GlueConn::Resolved->new($glue, $cluster->node);
my $session = $cluster->session;
my $other = $cluster->session;
my $account = $GlueConn::LocalGlue::ACCOUNT;

# Another key of the account, which leads to it by a name of its own.
$glue->add_credentials(access_key => 'AKIASECOND', secret_key => 'b');
$session->must(server_sql('second', 'AKIASECOND', 'b')
	  . 'CREATE TABLE source (connection_input jsonb); '
	  . trigger_sql('source', "catalog_id=$account", 'on_conflict=adopt'));

# The rows of a connection: its latest notation, its owner, and its definition.
sub rows
{
	my ($name) = @_;

	return $session->must('SELECT server, region, catalog_id, description'
		  . ' FROM glue_connection WHERE name = ' . literal($name))->output;
}

sub waits
{
	my ($who, $what) = @_;

	ok(wait_until(sub {
			$resolved->ask('SELECT wait_event_type FROM pg_stat_activity'
				  . ' WHERE pid = ' . $who->pid) eq 'Lock'
		}, 'it waits'), "$what: waits");
	return;
}

# The queue has had a look at all requests that were made before, and left those
# that it cannot carry out.
sub has_looked
{
	my ($number) = @_;

	is(end_of($other, enqueue($other, referring("free $number"))), 'succeeded',
		'others continue');
	return;
}

#
# A transaction that creates it without a catalog, and one that adopts it by the
# number of the account
#

foreach my $way (@ways)
{
	my $name = "by $way";
	my $input = referring($name, Description => 'second');
	my %named = (catalog_id => $account, on_conflict => 'adopt');

	$session->must('BEGIN; ' . create_sql(referring($name)));
	if ($way eq 'call' || $way eq 'bulk')
	{
		$other->send(create_by($way, $input, %named));
		waits($other, $name);
		$session->must('ROLLBACK');
		is($other->result->sqlstate, '00000', "$name: has an answer in the end");
	}
	else
	{
		$other->must(create_by($way, $input, %named));
		has_looked($name);
		is(join(' ', $resolved->requests($name)), 'running queued', "$name: waits");
		$session->must('ROLLBACK');
	}
	$resolved->check($name);
	is($glue->connection($name)->{definition}{Description}, 'second',
		"$name: its report is true");
	is(rows($name), "|us-east-1|$account|second", "$name: one row");
}

#
# One row for all notations
#

my $watch = $cluster->watch;
$session->must(create('one'));
is(rows('one'), "|us-east-1|$account|first", 'it is created without a catalog');
$session->must(update_sql(jdbc('one', Description => 'number'), catalog_id => $account));
is(rows('one'), "|us-east-1|$account|number", 'the number of the account: the same row');
$session->must(update_sql(jdbc('one', Description => 'server'), server => 'second'));
is(rows('one'), "second|us-east-1|$account|server",
	'a server that leads to the account: the same row, and how it was reached');
$session->must("SET glue_conn.region = 'US-East-1'");
$session->must(update_sql(jdbc('one', Description => 'region')));
is(rows('one'), "|us-east-1|$account|region", 'the region in other letters: the same row');
is(join(' ', map { $_->{region} } $watch->requests('UpdateConnection')),
	'us-east-1 us-east-1 us-east-1', 'which is signed for as AWS writes it');
$session->must('RESET glue_conn.region');

my $sync = 'SELECT name, change FROM glue_sync_connections(%s) WHERE name = $$one$$';
foreach my $where ('', "'$account'", "server => 'second'")
{
	is($session->must(sprintf $sync, $where)->output, '',
		"a sync of ($where) finds nothing new");
}
$session->must(delete_sql('one', catalog_id => $account));
is(rows('one'), '', 'a deletion by the number leaves no row');
is($session->must("SELECT count(*) FROM glue_connection_drift() WHERE name = 'one'")->output,
	'0', 'which is as it should be');

# The same by the queue.
my $id = enqueue($session, referring('queued'), server => 'second');
is(end_of($session, $id), 'succeeded', 'a request by a server');
is(rows('queued'), "second|us-east-1|$account|", 'is of the account');
is(state_of($session, $id, qw(catalog_id account_id)), "succeeded||$account", 'and says so');
$id = enqueue_delete($session, 'queued', catalog_id => $account);
is(end_of($session, $id), 'succeeded', 'a request by the number');
is(rows('queued'), '', 'is about the same connection');
is(state_of($session, $id, qw(catalog_id account_id)), "succeeded|$account|$account",
	'and says both');
$resolved->check('one row');

#
# Side by side
#

# A transaction, and a request that names the connection otherwise.
$session->must(create('side'));
$session->must('BEGIN; ' . update('side', 'call'));
$id = enqueue_update($other, referring('side', Description => 'queue'), server => 'second');
has_looked('side');
is(state_of($other, $id), 'queued', 'a request waits for a transaction');
is($glue->connection('side')->{definition}{Description}, 'call', 'and is not sent');
$session->must('COMMIT');
is(end_of($other, $id), 'succeeded', 'it has its turn');
$resolved->check('a transaction and a request');
is(rows('side'), "second|us-east-1|$account|queue", 'and has the final state');

# Two requests that name it otherwise.
$glue->misbehave(operation => 'UpdateConnection', kind => 'slow', delay_ms => 3000);
$watch = $cluster->watch;
my $first = enqueue_update($session, referring('side', Description => 'one'));
wait_until(sub { $watch->sent('UpdateConnection') == 1 }, 'it is sent');
my $second = enqueue_update($session, referring('side', Description => 'two'),
	catalog_id => $account, server => 'second');
has_looked('two');
is(state_of($session, $first), 'running', 'while one request is carried out');
is($watch->sent('UpdateConnection'), 1, 'the other one is not sent');
is(end_of($session, $_), 'succeeded', 'each has its turn') foreach $first, $second;
$resolved->check('two requests');
is(rows('side'), "second|us-east-1|$account|two", 'one after the other');

# The account of the first connection is not known yet.
$glue->add_credentials(access_key => 'AKIALATE', secret_key => 'l');
$session->must(server_sql('late', 'AKIALATE', 'l'));
$glue->misbehave(operation => 'GetCallerIdentity', kind => 'slow', delay_ms => 3000);
$glue->misbehave(operation => 'UpdateConnection', kind => 'slow', delay_ms => 12000);
$watch = $cluster->watch;
$session->must('BEGIN');
$first = enqueue_update($session, referring('side', Description => 'late'), server => 'late');
$second = enqueue_update($session, referring('side', Description => 'early'));
$session->must('COMMIT');
wait_until(sub { $watch->sent('UpdateConnection') == 1 }, 'the second one is sent');
wait_until(sub { state_of($session, $first, 'account_id') =~ /\|$account$/ }, 'it is known');
has_looked('late');
is(state_of($session, $second), 'running', 'while the second one is carried out');
is($watch->sent('UpdateConnection'), 1, 'the first one is not sent');
is(end_of($session, $_), 'succeeded', 'each has its turn') foreach $second, $first;
$resolved->check('one that was late');
is(rows('side'), "late|us-east-1|$account|late", 'and has the final state');

# Two requests, of which the first one is put off.
$glue->misbehave(operation => 'UpdateConnection', name => 'side', kind => 'error',
	status => 500, code => 'InternalServiceException', message => 'No.', times => 0);
$first = enqueue_update($session, referring('side', Description => 'first'));
wait_until(sub { state_of($session, $first, 'error_code') =~ /^queued\|./ }, 'it is put off');
$watch = $cluster->watch;
$second = enqueue_update($session, referring('side', Description => 'second'),
	catalog_id => $account, server => 'second');
has_looked('three');
is(state_of($session, $second, 'attempts'), 'queued|0', 'one that was asked for later waits');
is(scalar(grep { $_->{body} =~ /"second"/ } $watch->requests), 0, 'and is not sent');
$glue->behave;
$resolved->wait(hurry => 1);
$resolved->check('in order');
is(rows('side'), "second|us-east-1|$account|second", 'the latest request is carried out last');

$_->quit foreach $session, $other;
$cluster->finish;
done_testing();
