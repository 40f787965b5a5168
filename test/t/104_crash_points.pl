# Copyright (c) 2026, glue_conn contributors
#
# After a crash at any point of a call, the database finally knows AWS Glue's
# state, and no uncommitted connection is left.
#
# Each crash point is reached in each of some transactions.  A row shows
# whether the transaction was committed.

use strict;
use warnings;

use GlueConn::Cluster;
use GlueConn::CrashPoints;
use GlueConn::Inputs;
use GlueConn::Resolved;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(time);

my $cluster = GlueConn::Cluster->start(conf => <<'CONF');
restart_after_crash = on
glue_conn.settle_time = '500ms'
glue_conn.request_timeout = '1s'
log_statement = none
CONF
my $glue = $cluster->glue;
my $node = $cluster->node;

$cluster->query('CREATE TABLE committed (name text)');
my $crashes = GlueConn::CrashPoints->new($cluster);
my $resolved = GlueConn::Resolved->new($glue, $node);

sub input
{
	my ($name, $description) = @_;

	return jdbc($name, Description => $description // 'first');
}

# Transactions, by their action on a connection and their end.  Those that
# change one find it in AWS Glue.
my %change = (
	'create' => sub { create_sql(input($_[0])) },
	'adopt' => sub { create_sql(input($_[0]), on_conflict => 'adopt') },
	'overwrite' => sub { create_sql(input($_[0], 'second'), on_conflict => 'update') },
	'bulk' => sub {
		create_many_sql('*', [ map { input($_) } "$_[0]", "$_[0] 2", "$_[0] 3" ]) },
	'update' => sub { update_sql(input($_[0], 'second')) },
	'delete' => sub { delete_sql($_[0]) },
	'batch' => sub { 'SELECT glue_batch_delete_connection(ARRAY['
		  . literal($_[0]) . '])' },
	'tag' => sub { 'SELECT glue_tag_connection(' . literal($_[0])
		  . q[, '{"team": "a"}')] },
	'keep' => sub { "SET LOCAL glue_conn.on_rollback = 'keep'; "
		  . create_sql(input($_[0])) },
	'create and update' => sub {
		create_sql(input($_[0])) . '; ' . update_sql(input($_[0], 'second')) });
my %needs_one = map { $_ => 1 }
  qw(adopt overwrite update delete batch tag);
my %end = (
	'COMMIT' => '%s; COMMIT',
	'ROLLBACK' => '%s; ROLLBACK',
	'ROLLBACK TO' => 'SAVEPOINT s; %s; ROLLBACK TO s; COMMIT',
	'error' => '%s; SELECT 1/0; COMMIT');

# The transactions that reach each point.
my @creates = ('create COMMIT', 'create ROLLBACK');
my @all = (@creates, 'bulk COMMIT', 'update COMMIT', 'delete COMMIT');
my @undone = ('create ROLLBACK', 'bulk ROLLBACK');
my @recorded = (@undone, 'keep ROLLBACK', 'update ROLLBACK',
	'delete ROLLBACK', 'create and update ROLLBACK');
my %visits = (
	'caller before intent' => [ @all, 'batch COMMIT', 'tag COMMIT' ],
	'caller after intent' => [ @all, 'batch COMMIT', 'tag COMMIT' ],
	'journal before commit' => \@all,
	'journal after commit' => [ @all, 'batch COMMIT', 'tag COMMIT' ],
	'caller after send' => [ @all, 'overwrite COMMIT', 'batch COMMIT', 'tag COMMIT' ],
	'caller after reply' => [ @all, 'adopt COMMIT', 'overwrite COMMIT',
		'batch COMMIT', 'tag COMMIT' ],
	'caller before commit' => [
		map { "$_ COMMIT" } qw(create adopt overwrite bulk update delete batch
		  tag keep), 'create and update' ],
	'caller after commit' => [
		map { "$_ COMMIT" } qw(create adopt overwrite bulk update delete batch
		  tag keep), 'create and update' ],
	'caller after abort' => [ @undone, 'create error', 'update ROLLBACK', 'delete ROLLBACK',
		'keep ROLLBACK' ],
	'undo before resolve commit' => [ @recorded, 'create ROLLBACK TO' ],
	'undo after resolve commit' => [ @recorded, 'create ROLLBACK TO' ],
	'undo before call GetConnection' => \@recorded,
	'undo after call GetConnection' => \@recorded,
	'undo before call DeleteConnection' => \@undone,
	'undo after call DeleteConnection' => \@undone,
	'undo before record' => \@recorded,
	'undo before record commit' => \@recorded,
	'undo after record commit' => \@recorded);

# How long the worker may take to come to a point, in seconds.
my $patience = $ENV{PATIENCE} || 20;
my $visited = 0;
my %seconds;

# Run a transaction that a crash interrupts, and check the state after it.
sub visit
{
	my ($point, $transaction) = @_;
	my ($what, $how) = $transaction =~ /^(.+?) ([A-Z ]+|error)$/;
	my $name = "$point, $transaction";
	my $session = $cluster->session;

	$session->must(create_sql(input($name))) if $needs_one{$what};
	my $before = $glue->created($name);
	$crashes->arm($point);
	my $sql = sprintf $end{$how}, $change{$what}->($name);
	eval { $session->query('BEGIN; INSERT INTO committed VALUES ('
		  . literal($name) . "); $sql"); };
	if (ok($crashes->reached($patience), "$name: visited"))
	{
		$visited++;
		wait_until(sub { !kill 0, $session->pid }, 'all sessions end');
	}
	my $started = time;
	$session->quit;
	$resolved->check($name);
	$seconds{$name} = time - $started;

	my $committed = $how ne 'ROLLBACK TO'
	  && $resolved->answer('SELECT count(*) FROM committed WHERE name = '
		  . literal($name));
	my $held = $glue->connection($name);
	if (!$needs_one{$what})
	{
		my $stays = $committed || ($what eq 'keep' && $glue->created($name));

		is($held ? 1 : 0, $stays ? 1 : 0, "$name: is there if it was committed");
	}
	elsif ($committed && $what =~ /^(?:delete|batch)$/)
	{
		is($held, undef, "$name: is gone");
	}
	elsif ($committed)
	{
		is($held->{definition}{Description},
			$what =~ /^(?:update|overwrite)$/ ? 'second' : 'first',
			"$name: is as it was to be");
	}
	cmp_ok($glue->created($name) - $before, '<=', 1, "$name: created once");
	return;
}

#
# Each point is visited
#

my %operations = map { $_ => 1 } qw(GetConnection DeleteConnection);
my @points = map {
	my $point = $_;
	$point =~ /%s/ ? map { $point =~ s/%s/$_/r } sort keys %operations : $point
} $crashes->points;
is(join("\n", sort keys %visits), join("\n", sort @points),
	'all points of the source are visited');
my $total = 0;
foreach my $point (sort keys %visits)
{
	foreach my $transaction (@{ $visits{$point} })
	{
		visit($point, $transaction);
		$total++;
	}
}
is($visited, $total, scalar(keys %visits) . " crash points, $total crashes");
my @slowest = sort { $seconds{$b} <=> $seconds{$a} } keys %seconds;
note sprintf 'resolved after %.2f s, or %.2f s at worst (%s)',
  $seconds{ $slowest[ @slowest / 2 ] }, $seconds{ $slowest[0] }, $slowest[0];

#
# In the end
#

is($resolved->ask('SELECT count(*) FROM glue_connection_drift()'), '0',
	'the extension says the same');
my $log = slurp_file($node->logfile);
is(scalar(my @killed = $log =~ /was terminated by signal 9/g), $visited,
	'every crash was ours');
unlike($log, qr/terminated by signal (?!9\b)|PANIC:|TRAP:/,
	'and there was no other accident');

$node->stop;
$glue->stop;
done_testing();
