# Copyright (c) 2026, glue_conn contributors
#
# With any failures, every committed request is carried out once, and no other.
#
# A thousand committed rows and five hundred rolled-back ones request
# connections, while a third of all messages fail, and while workers and the
# whole server are killed repeatedly.  At the end the local Glue has the number
# of creations of each connection.

use strict;
use warnings;

use GlueConn::Cluster;
use GlueConn::Inputs;
use GlueConn::Ways;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(sleep time);

my $cluster = GlueConn::Cluster->start(preload => 1, conf => <<'CONF');
restart_after_crash = on
glue_conn.max_request_attempts = 1000
CONF
my $glue = $cluster->glue;
my $node = $cluster->node;
my $kills = 0;

$cluster->query(<<'SQL' . trigger_sql('source'));
CREATE TABLE source (name text PRIMARY KEY, connection_input jsonb);
CREATE FUNCTION ask(first int, last int) RETURNS void LANGUAGE sql AS $$
	INSERT INTO source
		SELECT 'row ' || i, jsonb_build_object('Name', 'row ' || i,
			'ConnectionType', 'JDBC', 'ConnectionProperties',
			jsonb_build_object('JDBC_CONNECTION_URL', 'jdbc:mysql://h/d',
				'SECRET_ID', 's'))
		FROM generate_series(first, last) AS i
$$;
SQL

# Run a statement in a session of its own, again and again if the server goes
# away meanwhile; returns its output.
sub insist
{
	my ($sql) = @_;
	my $output;

	wait_until(sub {
		my $result = eval { $cluster->query($sql) } or return 0;
		return 0 if $result->text =~ /server closed|starting up|recovery mode|shutting down|terminat|could not connect|connection to/;
		die $result->text if $result->sqlstate ne '00000';
		$output = $result->output;
		return $output =~ /\d/ || $sql !~ /count/;
	}, $sql);
	return $output;
}

# Request a hundred connections, and commit or roll back.
sub ask
{
	my ($batch, $commits) = @_;
	my ($first, $last) = ($batch * 100 + 1, $batch * 100 + 100);

	if (!$commits)
	{
		eval { $cluster->query("BEGIN; SELECT ask($first, $last); ROLLBACK") };
		return;
	}
	while (insist("SELECT count(*) FROM source WHERE name = 'row $first'") eq '0')
	{
		eval { $cluster->query("SELECT ask($first, $last)") };
	}
	return;
}

# Kill a worker, if there is one, or the whole server.
sub kill_something
{
	my $pid = $kills % 2 ? '' :
	  eval { $cluster->query('SELECT pid FROM pg_stat_activity'
		  . " WHERE backend_type = 'glue_conn worker' LIMIT 1")->output } // '';

	if ($pid =~ /^\d+$/)
	{
		kill 'KILL', $pid;
	}
	else
	{
		$cluster->crash;
		$cluster->start_node;
	}
	$kills++;
	return;
}

# messages are refused because there are too many, and not by chance
$glue->set(latency_ms => 5, requests_per_second => 40, burst => 10);
foreach my $kind ('lost-before', 'lost-after', 'error')
{
	$glue->misbehave(kind => $kind, times => 0, probability => 0.09,
		$kind eq 'error' ? (status => 500, code => 'InternalServiceException') : ());
}

my @rolled_back;
foreach my $batch (0 .. 14)
{
	my $commits = $batch % 3 != 2;

	push @rolled_back, $batch if !$commits;
	ask($batch, $commits);
	kill_something() if $batch >= 4 && $kills < 10;
}
is($kills, 10, 'a process was killed ten times');

# A request that has failed a few times would wait for minutes: make the wait
# end.
wait_until(sub {
	insist('UPDATE glue_request SET next_attempt_at = now()'
		. " WHERE finished_at IS NULL AND state = 'queued'");
	insist("SELECT glue_enqueue_delete_connection('nobody', missing_ok => true)");
	sleep 0.2;
	insist("SELECT count(*) FROM source JOIN glue_request ON connection_name = name"
		. ' WHERE finished_at IS NULL') eq '0';
}, 'all requests have ended');
$glue->behave;

is(insist('SELECT count(*) FROM source'), '1000', 'a thousand rows are committed');
is(insist("SELECT coalesce(string_agg(state || ': ' || coalesce(error_code, ''), ' '), '')"
		. ' FROM glue_request JOIN source ON name = connection_name'
		. " WHERE state <> 'succeeded'"), '',
	'each request has succeeded');
my %created = map { $_->{name} => $_->{created} } @{ $glue->state->{history} };
my %exists = map { $_->{name} => 1 } @{ $glue->state->{connections} };
my @names = split /\n/, insist('SELECT name FROM source');
is(scalar(grep { ($created{$_} // 0) != 1 } @names), 0,
	'each connection was created once');
is(scalar(grep { !$exists{$_} } @names), 0, 'and is there');
is(scalar(keys %exists), 1000, 'and no other is');
is(insist('SELECT count(*) FROM glue_connection c JOIN source USING (name)'
		. " WHERE c.status = 'READY'"), '1000', 'the table says so');
is(insist('SELECT count(*) FROM glue_connection_drift()'), '0', 'all of it');

$node->stop;
$glue->stop;
done_testing();
