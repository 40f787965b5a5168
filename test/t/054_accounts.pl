# Copyright (c) 2026, glue_conn contributors
#
# Two users of one foreign server whose keys lead to two accounts: their
# connections have separate names, rows and locks.  Two users whose keys lead
# to one account share all of these.

use strict;
use warnings;

use GlueConn::Cluster;
use GlueConn::Inputs;
use GlueConn::Queue;
use GlueConn::Resolved;
use Test::More;

my $cluster = GlueConn::Cluster->start(preload => 1, asks_account => 1,
	conf => "glue_conn.settle_time = 1s\n");
my $glue = $cluster->glue;
my $admin = $cluster->session;

# The account of each user's keys.
my %account = (
	first => '111111111111',
	partner => '111111111111',
	second => '222222222222');
my %session;

$admin->must(q(CREATE SERVER shared FOREIGN DATA WRAPPER glue_conn OPTIONS (region 'us-east-1');));
foreach my $user (sort keys %account)
{
	$glue->add_credentials(access_key => "AKIA$user", secret_key => $user,
		account => $account{$user});
	$admin->must("CREATE ROLE $user LOGIN IN ROLE pg_read_all_data;"
		  . " GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA public TO $user;"
		  . " GRANT USAGE ON FOREIGN SERVER shared TO $user;"
		  . " CREATE USER MAPPING FOR $user SERVER shared OPTIONS ("
		  . keys_sql("AKIA$user", $user) . ')');
	$session{$user} = $cluster->session(user => $user);
}
my ($first, $second, $partner) = @session{qw(first second partner)};
my %shared = (server => 'shared');

sub described { return referring($_[0], Description => $_[1]); }

# The rows of a connection, and the connections of the accounts.
sub rows
{
	my ($name) = @_;

	return $admin->must('SELECT catalog_id, description FROM glue_connection'
		  . ' WHERE name = ' . literal($name) . ' ORDER BY 1')->output;
}

sub held
{
	my ($name) = @_;

	return join "\n", map { "$_->{account}|$_->{definition}{Description}" }
	  sort { $a->{account} cmp $b->{account} }
	  grep { $_->{name} eq $name } @{ $glue->state->{connections} };
}

# They agree, and are this.
sub are
{
	my ($what, $name, $expected) = @_;

	is(held($name), $expected, "$what: in AWS Glue");
	is(rows($name), $expected, "$what: recorded");
	return;
}

sub wait_for_undo
{
	my ($name) = @_;
	my $last;

	wait_until(sub { ($last = $admin->must("SELECT string_agg(state, ' ' ORDER BY id)"
			  . ' FROM glue_request WHERE account_id = ' . literal($account{first})
			  . ' AND connection_name = ' . literal($name))->output) !~ /queued|running/ },
		"$name is resolved");
	return $last;
}

#
# Two sets of rows
#

$first->must(create_sql(described('both', 'of the first'), %shared));
$second->must(create_sql(described('both', 'of the second'), %shared));
my $both = "$account{first}|of the first\n$account{second}|of the second";
are('one name in two accounts', 'both', $both);
my $id = enqueue_update($first, described('both', 'by the queue'), %shared);
is(end_of($first, $id), 'succeeded', 'the queue');
$both =~ s/of the first/by the queue/;
are('a request of one of them', 'both', $both);
$partner->must(update_sql(described('both', 'of the partner'), %shared));
$both =~ s/by the queue/of the partner/;
are('keys to the same account', 'both', $both);

#
# Sync and drift
#

# Actions of other clients in one account.
sub elsewhere
{
	my ($user, $name, $description) = @_;

	$glue->put_connection(account => $account{$user}, input => described($name, $description));
	return;
}

sub drift
{
	my ($user) = @_;

	return $session{$user}->must('SELECT name, change, path FROM'
		  . " glue_connection_drift(server => 'shared') ORDER BY name, path")->output;
}

sub synced
{
	my ($user) = @_;

	return $session{$user}->must('SELECT name, change FROM'
		  . " glue_sync_connections(server => 'shared') ORDER BY name")->output;
}

is(drift($_), '', "nothing has drifted, as $_ sees it") foreach sort keys %account;
elsewhere('first', 'both', 'elsewhere');
elsewhere('second', 'new', 'of the second');
is(drift('first'), 'both|changed|$.Description', 'each sees the drift in its account');
is(drift('second'), 'new|added|$', 'and no more');
is(drift('partner'), drift('first'), 'with a record of any user');
is(synced('second'), 'new|added', 'sync looks at its account');
is(rows('both'), $both, 'and leaves the rows of the other alone');
is(synced('partner'), 'both|changed', 'but not those of users of its own');
$both =~ s/of the partner/elsewhere/;
are('afterwards', 'both', $both);
$first->must(create_sql(described('gone', 'x'), %shared));
$glue->remove_connection('gone', account => $account{first});
is(synced('second'), '', 'a connection that is gone in one account');
is(rows('gone'), "$account{first}|x", 'does not concern the other');
is(synced('partner'), 'gone|removed', 'but of all users of that account');
is(rows('gone'), '', 'indeed');
is(drift($_), '', "nothing is left to be done, as $_ sees it") foreach sort keys %account;

#
# Undo
#

# While one has a connection of that name, and acts on it.
$second->must('BEGIN; ' . create_sql(described('undone', 'of the second'), %shared));
$first->must('BEGIN; ' . create_sql(described('undone', 'of the first'), %shared) . '; ROLLBACK');
is(wait_for_undo('undone'), 'rolled_back', 'an undo does not wait for the other account');
is(held('undone'), "$account{second}|of the second", 'and deletes its own connection');
$second->must('COMMIT');
are('the other one', 'undone', "$account{second}|of the second");

# A success in the other account does not mean that a connection is not ours.
$glue->misbehave(operation => 'CreateConnection', name => 'lost', kind => 'lost-after');
$glue->misbehave(operation => 'GetConnection', name => 'lost', kind => 'lost-before',
	times => 0);
$first->must('SET glue_conn.max_attempts = 1; BEGIN');
my $result = $first->query(create_sql(described('lost', 'x'), %shared));
isnt($result->sqlstate, '00000', 'an answer is lost');
$glue->behave;
$second->must(create_sql(described('lost', 'x'), %shared));
$id = enqueue_update($second, described('lost', 'x'), %shared);
is(end_of($second, $id), 'succeeded', 'while another account succeeds');
$first->must('ROLLBACK; RESET glue_conn.max_attempts');
is(wait_for_undo('lost'), 'rolled_back', 'a creation without an answer');
are('and the connection without one', 'lost', "$account{second}|x");

# Nor does an undo that cannot be carried out keep others waiting.
$glue->misbehave(operation => 'DeleteConnection', name => 'stuck', kind => 'throttle',
	times => 0);
$first->must('BEGIN; ' . create_sql(described('stuck', 'of the first'), %shared) . '; ROLLBACK');
$second->must(create_sql(described('stuck', 'of the second'), %shared));
$id = enqueue_update($second, described('stuck', 'by the queue'), %shared);
is(end_of($second, $id), 'succeeded', 'the other account does not wait for an undo');
is(held('stuck'), "$account{first}|of the first\n$account{second}|by the queue",
	'which is not done yet');
$glue->behave;
GlueConn::Resolved->new($glue, $cluster->node)->wait(hurry => 1);
are('in the end', 'stuck', "$account{second}|by the queue");

$_->quit foreach $admin, values %session;
$cluster->finish;
done_testing();
