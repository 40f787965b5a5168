# Copyright (c) 2026, glue_conn contributors
#
# Random immediate calls: with any failures of their callers, AWS Glue and the
# table agree at the end.
#
# Eight sessions work for two minutes on a few connections, in transactions
# with savepoints that are committed or not, and by requests to the queue,
# while answers are lost, statements are cancelled, sessions are terminated,
# and processes of the server are killed, now and then all of them.
#
# The next call for a connection corrects earlier failures.  So there are
# pauses, in which both are compared.
#
#	RANDOM_SECONDS	duration (default: 120)
#	RANDOM_SEED		the seed that an earlier run has printed; it
#					repeats the actions of the sessions, not their times

use strict;
use warnings;

use GlueConn::Cluster;
use GlueConn::Inputs;
use GlueConn::Resolved;
use POSIX ();
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(sleep time);

my $seconds = $ENV{RANDOM_SECONDS} || 120;
my $seed = $ENV{RANDOM_SEED} || int(rand(1_000_000_000));
my $nsessions = 8;
my $round_seconds = 10;
my @names = map { "random $_" } 1 .. 20;
my %done;

diag("RANDOM_SEED=$seed") if $ENV{RANDOM_SECONDS};
note("RANDOM_SEED=$seed");

my $cluster = GlueConn::Cluster->start(preload => 1, conf => <<'CONF');
restart_after_crash = on
max_connections = 40
glue_conn.settle_time = '3s'
glue_conn.request_timeout = '4s'
glue_conn.max_attempts = 2
CONF
my $glue = $cluster->glue;
my $node = $cluster->node;
my $resolved = GlueConn::Resolved->new($glue, $node);

sub one_of { return $_[ int rand @_ ]; }

sub chance { return rand() < $_[0]; }

# ----------------------------------------------------------------
# Actions of the sessions
# ----------------------------------------------------------------

# A definition of its own, by which a message can be told from all others; or
# the one that all sessions share, so that they can adopt it.
my $session_number;
my $ndefinitions = 0;

sub definition
{
	my ($name) = @_;

	return jdbc($name, Description => 'shared') if chance(0.6);
	$ndefinitions++;
	return jdbc($name, Description => "session $session_number, $ndefinitions");
}

# Some connections are in greater demand than others.
sub random_name { return one_of(chance(0.5) ? @names[ 0 .. 3 ] : @names); }

sub random_call
{
	my $name = random_name();
	my $kind = rand();

	return random_request($name) if chance(0.1);
	return 'SELECT glue_tag_connection(' . literal($name) . q[, '{"by": "]
	  . $session_number . q["}')]
	  if chance(0.03);
	return 'SELECT count(*) FROM glue_sync_connections()' if chance(0.002);
	return create_sql(definition($name),
		on_conflict => one_of(qw(error error adopt adopt update)))
	  if $kind < 0.5;
	return update_sql(definition($name)) if $kind < 0.65;
	return delete_sql($name, missing_ok => 't') if $kind < 0.85;
	return 'SELECT count(*) FROM glue_batch_delete_connection(ARRAY['
	  . join(', ', map { literal($_) } grep { $_ eq $name || chance(0.1) } @names)
	  . '])'
	  if $kind < 0.9;
	return create_many_sql('count(*)',
		[ map { definition($_) } grep { chance(0.3) || $_ eq $name } @names ],
		on_conflict => 'adopt')
	  if $kind < 0.95;
	return 'DO $$ BEGIN PERFORM '
	  . (create_sql(definition($name)) =~ s/^SELECT //r)
	  . "; RAISE 'no'; EXCEPTION WHEN raise_exception THEN NULL; END \$\$";
}

# The same for the queue.
sub random_request
{
	my ($name) = @_;
	my $kind = rand();
	my $definition = referring($name, Description => 'shared');

	return enqueue_create_sql($definition, on_conflict => one_of(qw(error adopt update)))
	  if $kind < 0.5;
	return enqueue_update_sql($definition) if $kind < 0.7;
	return enqueue_delete_sql($name, missing_ok => 't');
}

# A transaction, statement by statement; goes back to a savepoint after an
# error, if there is one.  False if the session is over.
sub random_transaction
{
	my ($session) = @_;
	my $nsavepoints = 0;
	my $ask = sub {
		my $result = $session->query($_[0]);

		die "gone\n" if keys %{ $session->{handles} } < 2;
		return $result->sqlstate eq '00000';
	};

	return $ask->(random_call()) if chance(0.3);
	$ask->('BEGIN');
	foreach (1 .. 1 + int(rand(5)))
	{
		my $kind = rand();
		my $fine = 1;

		if ($kind < 0.25)
		{
			$nsavepoints++;
			$fine = $ask->("SAVEPOINT s$nsavepoints");
		}
		elsif ($kind < 0.4 && $nsavepoints)
		{
			$fine = $ask->("ROLLBACK TO s$nsavepoints");
		}
		elsif ($kind < 0.5 && $nsavepoints)
		{
			$fine = $ask->("RELEASE s$nsavepoints");
			$nsavepoints--;
		}
		else
		{
			$fine = $ask->(random_call());
			sleep(rand(0.1)) if chance(0.5);
		}
		next if $fine;
		last unless $nsavepoints;
		$ask->("ROLLBACK TO s$nsavepoints");
	}
	$ask->(chance(0.6) ? 'COMMIT' : 'ROLLBACK');
	return;
}

# One session after the other, until the time is over: in a process of its own.
sub be_a_session
{
	my ($until) = @_;

	$SIG{PIPE} = 'IGNORE';
	srand($seed + $session_number);
	while (time < $until)
	{
		my $session = eval {
			$cluster->session(
				settings => {
					lock_timeout => '2s',
					statement_timeout => '20s',
					default_transaction_isolation => one_of(
						'read\\ committed', 'read\\ committed', 'repeatable\\ read'),
					'glue_conn.on_rollback' => one_of(qw(delete delete delete keep))
				});
		};

		if (!$session)
		{
			sleep 0.1;
			next;
		}
		eval { random_transaction($session) while time < $until; };
		eval { $session->quit };
	}
	return;
}

# ----------------------------------------------------------------
# Disturbances
# ----------------------------------------------------------------

# The process ids of a type of backends; none if nobody can be asked.
sub backends
{
	my ($type) = @_;
	my $pids = $resolved->ask('SELECT pid FROM pg_stat_activity'
		  . " WHERE backend_type = '$type' AND pid <> pg_backend_pid()")
	  // '';

	return split /\n/, $pids;
}

# The processes whose working directory this is.
sub processes_of
{
	my ($directory) = @_;

	return grep { (readlink($_) // '') eq $directory } glob('/proc/[0-9]*/cwd');
}

sub kill_postmaster
{
	my ($postmaster) =
	  slurp_file($node->data_dir . '/postmaster.pid') =~ /^(\d+)/;

	$node->kill9;
	wait_until(
		sub { !kill(0, $postmaster) && !processes_of($node->data_dir) },
		'the server and its children are gone');
	$cluster->start_node;
	return;
}

# Each with how often, of a thousand times.
my @accidents = (
	[ 560 => 'cancel', sub { ask_backend('pg_cancel_backend') } ],
	[ 375 => 'terminate', sub { ask_backend('pg_terminate_backend') } ],
	[ 25 => 'end a worker', sub { end_worker('TERM') } ],
	[ 14 => 'kill a backend', sub { kill_one('client backend') } ],
	[ 16 => 'kill a worker', sub { end_worker('KILL') } ],
	[ 10 => 'kill the server', sub { kill_postmaster(); return 1 } ]);

sub ask_backend
{
	my ($function) = @_;
	my $pid = one_of(backends('client backend')) or return 0;

	return defined $resolved->ask("SELECT $function($pid)");
}

sub kill_one
{
	my ($type, $signal) = @_;
	my $pid = one_of(backends($type)) or return 0;

	return kill $signal // 'KILL', $pid;
}

sub end_worker
{
	my ($signal) = @_;

	return kill_one(one_of('glue_conn worker', 'glue_conn journal worker'),
		$signal);
}

sub accident
{
	my $choice = rand(1000);

	foreach (@accidents)
	{
		my ($share, $name, $function) = @$_;

		$choice -= $share;
		next if $choice >= 0;
		$done{$name}++ if $function->();
		return;
	}
	return;
}

# ----------------------------------------------------------------
# The run
# ----------------------------------------------------------------

# Glue's successful messages, by their distinct definitions.
my %made;
my %lost;
my $last_request = 0;

sub read_journal
{
	foreach my $request (
		$glue->requests(operation => 'CreateConnection', since => $last_request))
	{
		$last_request = $request->{sequence}
		  if $request->{sequence} > $last_request;
		next unless $request->{body} =~ /"(session \d+, \d+)"/;
		my $definition = $1;

		$lost{$definition}++
		  if ($request->{misbehaviour} // '') =~ /lost|error/;
		$made{$definition}++
		  if $request->{processed} && ($request->{status} // 200) == 200
		  && !$request->{error};
	}
	return;
}

sub misbehave
{
	foreach my $kind ('lost-before', 'lost-after', 'throttle', 'error')
	{
		$glue->misbehave(kind => $kind, times => 0, probability => 0.02,
			$kind eq 'error' ? (status => 500, code => 'InternalServiceException') : ());
	}
	return;
}

$glue->set(latency_ms => 3);
# Each process is one session after the other, until the round is over.
sub round
{
	my ($number) = @_;
	my $until = time + $round_seconds;
	my @sessions;
	my $failed = 0;

	foreach (1 .. $nsessions)
	{
		my $pid = fork() // die "could not fork: $!";

		if ($pid == 0)
		{
			$session_number = $number * $nsessions + $_;
			eval { be_a_session($until) };
			print STDERR $@ if $@;
			POSIX::_exit($@ ? 1 : 0);
		}
		push @sessions, $pid;
	}
	while (time < $until)
	{
		sleep(0.1 + rand(0.4));
		accident();
		read_journal() if chance(0.1);
	}

	# a waiting session waits no longer than its timeout
	foreach my $pid (@sessions)
	{
		waitpid $pid, 0;
		$failed++ if $? != 0;
	}
	is($failed, 0, "round $number: the sessions have come to their end");
	return;
}

srand($seed);
foreach my $number (1 .. POSIX::ceil($seconds / $round_seconds))
{
	misbehave();
	round($number);
	$glue->behave;
	read_journal();
	$resolved->check("round $number (RANDOM_SEED=$seed)");
}

is(join(', ', grep { $made{$_} > 1 + ($lost{$_} // 0) } sort keys %made), '',
	'no call has made two connections');
is($resolved->ask("SELECT string_agg(DISTINCT name, ', ') FROM glue_connection_drift()"),
	'', 'there is no drift');

# It was a test only if these have happened.
my ($rolled_back, $kept, $succeeded) = split /\|/, $resolved->ask(<<'SQL');
SELECT count(*) FILTER (WHERE state = 'rolled_back' AND error_code IS NULL),
	count(*) FILTER (WHERE state = 'rolled_back' AND error_code = 'Kept'),
	count(*) FILTER (WHERE state = 'succeeded') FROM glue_request
SQL
cmp_ok($succeeded, '>', $seconds / 2, 'many calls have succeeded');
cmp_ok($rolled_back, '>', $seconds / 4, 'many were undone');
ok($done{cancel} && $done{terminate}, 'statements were cancelled, sessions terminated');
note("$_: $done{$_}") foreach sort keys %done;
note("$succeeded succeeded, $rolled_back undone, $kept kept");
note($resolved->ask("SELECT string_agg(s, ', ') FROM (SELECT operation || ' ' || state"
	  . " || coalesce(' ' || error_code, '') || ': ' || count(*) AS s"
	  . ' FROM glue_request GROUP BY operation, state, error_code ORDER BY 1) AS t'));

$node->stop;
$glue->stop;
done_testing();
