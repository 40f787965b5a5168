# Copyright (c) 2026, glue_conn contributors
#
# What calls take from a service that allows only so many a second, and how many of
# them it refuses.
#
# The local Glue answers after 20 ms, and has a bucket that is full at first; what it
# refuses takes no token.  What is ideal is (calls - burst) / rate seconds.  Each way
# to make calls has a line of its own, that begins with LIMIT; "fairness" is the time
# of the slowest session by that of the fastest one.  The environment says which
# ways (LIMITS: one of queue, bulk, adaptive, standard, beside, or a number of
# sessions) and which limit (RATE: rate/burst).  test/bench/README.md says how to run
# it.

use strict;
use warnings;

use GlueConn::Cluster;
use GlueConn::Inputs;
use GlueConn::Queue;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(time sleep);

my $input = q{jsonb_build_object('Name', %s, 'ConnectionType', 'JDBC',
	'ConnectionProperties', jsonb_build_object('JDBC_CONNECTION_URL',
		'jdbc:mysql://h/d', 'SECRET_ID', 's'))};

# A server, whose slots know nothing, and a local Glue with such a limit.
sub start
{
	my ($rate, $burst) = @_;
	my $cluster = GlueConn::Cluster->start(preload => 1,
		conf => "max_connections = 120\nglue_conn.max_concurrent_requests = 64\n");

	# the workers know the database
	$cluster->query('SELECT glue_enqueue_delete_connection(\'none\', missing_ok => true)');
	wait_until_ended(my $session = $cluster->session);
	$session->quit;
	$cluster->glue->set(latency_ms => 20, requests_per_second => 0 + $rate,
		burst => 0 + $burst);
	return $cluster;
}

sub row
{
	my ($way, $rate, $burst, $calls, $seconds, $cluster, $fairness) = @_;
	my @requests = $cluster->glue->requests(operation => 'CreateConnection');
	my $refused = grep { $_->{status} == 400 } @requests;
	my $made = keys %{ { map { $_->{name} => 1 }
		@{ $cluster->glue->state->{connections} } } };

	note(sprintf "LIMIT %s\t%g/%g\tmade %d of %d\t%.1f s\tideal %.1f\tx %.3f\trequests %d\trefused %.1f %%\tfairness %s",
		$way, $rate, $burst, $made, $calls, $seconds, ($calls - $burst) / $rate,
		$seconds / (($calls - $burst) / $rate), scalar @requests,
		100 * $refused / (@requests || 1), $fairness // '-');
	is($made, $calls, "$way: all are made") if $way !~ /^boto3/;
	return;
}

sub queue
{
	my ($rate, $burst, $calls) = @_;
	my $cluster = start($rate, $burst);
	my $session = $cluster->session;
	my $begun = time;

	$session->must("SELECT count(glue_enqueue_create_connection("
		  . sprintf($input, q{'q ' || i}) . ")) FROM generate_series(1, $calls) i");
	wait_until(sub { $session->must(
			"SELECT count(*) FROM glue_request WHERE finished_at IS NULL")->output eq '0' },
		'the queue is empty');
	my $seconds = $session->must('SELECT extract(epoch FROM max(finished_at) - min(requested_at)) FROM glue_request WHERE connection_name LIKE \'q %\'')->output;
	$session->quit;
	row('queue 64', $rate, $burst, $calls, $seconds, $cluster);
	$cluster->finish;
}

sub bulk
{
	my ($rate, $burst, $calls) = @_;
	my $cluster = start($rate, $burst);
	my $session = $cluster->session;
	my $begun = time;

	$session->must("SELECT count(*) FILTER (WHERE error_code IS NOT NULL) FROM glue_create_connections((SELECT array_agg("
		  . sprintf($input, q{'b ' || i}) . ") FROM generate_series(1, $calls) i))");
	row('bulk', $rate, $burst, $calls, time - $begun, $cluster);
	$session->quit;
	$cluster->finish;
}

sub sessions
{
	my ($rate, $burst, $sessions, $each) = @_;
	my $cluster = start($rate, $burst);
	my $dir = PostgreSQL::Test::Utils::tempdir();
	my $script = "$dir/script";
	append_to_file($script, "\\set i random(1, 1000000000)\nSELECT glue_create_connection("
		  . sprintf($input, q{'s ' || :client_id || ' ' || :i}) . ");\n");
	my $begun = time;
	my @command = ('pgbench', '-n', '-c', $sessions, '-j', 4, '-t', $each, '-f', $script,
		'-l', '--log-prefix', "$dir/log", '--max-tries=1', $cluster->node->connstr('postgres'));
	run_log(\@command, '>', "$dir/out", '2>', "$dir/err");
	my $seconds = time - $begun;
	my (%end, $first);
	foreach my $log (glob "$dir/log*")
	{
		foreach (split /\n/, slurp_file($log))
		{
			my ($client, undef, $us, undef, $s, $u) = split / /;
			my $t = $s + $u / 1e6;
			$first = $t - $us / 1e6 if !defined $first || $t - $us / 1e6 < $first;
			$end{$client} = $t if !defined $end{$client} || $t > $end{$client};
		}
	}
	my @ends = sort { $a <=> $b } map { $_ - $first } values %end;
	diag(slurp_file("$dir/err")) if !@ends;
	row("$sessions sessions", $rate, $burst, $sessions * $each, $ends[-1], $cluster,
		sprintf('%.2f', $ends[-1] / $ends[0]));
	$cluster->finish;
}

# A session that acts at once, beside a long queue.
sub beside
{
	my ($rate, $burst) = @_;
	my $cluster = start($rate, $burst);
	my ($session, $other) = map { $cluster->session } 1 .. 2;
	my $begun = time;

	$session->must("SELECT count(glue_enqueue_create_connection("
		  . sprintf($input, q{'q ' || i}) . ")) FROM generate_series(1, 600) i");
	sleep 5;
	my $since = time;
	$other->must("SELECT glue_create_connection(" . sprintf($input, "'at once $_'") . ")")
	  foreach 1 .. 20;
	my $seconds = time - $since;
	wait_until(sub { sleep 0.5; $session->must(
			"SELECT count(*) FROM glue_request WHERE finished_at IS NULL")->output eq '0' },
		'the queue is empty');
	note(sprintf 'LIMIT a session of 20 takes %.1f s, the queue of 600 beside it %.1f s',
		$seconds, time - $begun);
	row('both', $rate, $burst, 620, time - $begun, $cluster);
	$_->quit foreach $session, $other;
	$cluster->finish;
	return;
}

# boto3, in as many threads as the queue has requests under way.
sub peer
{
	my ($mode, $rate, $burst, $calls) = @_;
	my $cluster = start($rate, $burst);
	my $begun = time;

	run_log([ $ENV{GLUE_CONN_PYTHON} // 'python3', 'test/bench/boto3_limited.py', $mode,
			$calls, 64, $cluster->glue->url, $cluster->glue->ca_file ]);
	row("boto3 $mode", $rate, $burst, $calls, time - $begun, $cluster);
	$cluster->finish;
	return;
}

my $way = $ENV{LIMITS} // 'queue';
my ($rate, $burst) = split m{/}, $ENV{RATE} // '10/10';

if ($way eq 'queue') { queue($rate, $burst, 200) }
elsif ($way eq 'bulk') { bulk($rate, $burst, 200) }
elsif ($way eq 'beside') { beside($rate, $burst) }
elsif ($way =~ /^\d+$/) { sessions($rate, $burst, $way, 200 / $way) }
else { peer($way, $rate, $burst, 200) }
done_testing();
