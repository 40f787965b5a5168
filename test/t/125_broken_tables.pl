# Copyright (c) 2026, glue_conn contributors
#
# Damaged tables: each call raises one clear error, with a hint, before
# anything is sent; the queue waits and continues after the repair.

use strict;
use warnings;

use GlueConn::Cluster;
use GlueConn::Inputs;
use GlueConn::Queue;
use GlueConn::Ways;
use PostgreSQL::Test::Utils;
use Test::More;

my $cluster = GlueConn::Cluster->start(preload => 1, secret_key => 1);
my $glue = $cluster->glue;
my $node = $cluster->node;
my $session = $cluster->session;
my $number = 0;

sub new_name { return 'broken ' . ++$number; }

# All ways in, to the same connection.
sub ways
{
	my $input = jdbc(new_name());

	return map { $_ => create_by($_, $input) } @ways;
}

sub works
{
	my ($why) = @_;
	my $id = enqueue($session, jdbc(new_name()));

	is(end_of($session, $id), 'succeeded',
		"$why: the queue continues");
	is($session->must(create_sql(jdbc(new_name())))->output, 'READY',
		"$why: and so do calls");
	return;
}

make_source($session);
works('at first');

#
# Not logged
#

foreach my $table (qw(glue_request glue_connection glue_request_secret glue_provision
	glue_claimant glue_secret_key))
{
	my $logs = -s $node->logfile;
	my $watch = $cluster->watch;
	my %way = ways();

	$session->must("ALTER TABLE $table SET UNLOGGED");
	foreach my $way (sort keys %way)
	{
		# a way does not check tables that it does not use
		next if $table eq 'glue_connection' && $way =~ /queue|trigger/
		  || $table eq 'glue_provision' && $way eq 'queue'
		  || $table eq 'glue_claimant'
		  || $table eq 'glue_request_secret' && $way =~ /call|bulk/
		  || $table eq 'glue_secret_key' && $way =~ /queue|trigger/;
		my $result = $session->query($way{$way});

		is($result->sqlstate, '55000', "$table, $way: SQLSTATE");
		like($result->message, qr/table "$table" of extension "glue_conn" is not logged/,
			"$table, $way: message");
		like($result->hint, qr/ALTER TABLE public\.$table SET LOGGED/, "$table, $way: hint");
	}
	is($session->query('CALL glue_process_requests()')->sqlstate, '55000',
		"$table, CALL: SQLSTATE") if $table ne 'glue_secret_key';
	is($watch->sent, 0, "$table: nothing is sent");
	my $id = $table =~ /glue_connection|glue_claimant|glue_secret_key/
	  ? enqueue($session, jdbc(new_name())) : undef;
	wait_until(sub { slurp_file($node->logfile, $logs)
		  =~ /ERROR: .*table "$table" of extension "glue_conn" is not logged/ },
		'the worker says so') if defined $id;
	$session->must("ALTER TABLE $table SET LOGGED");
	is(end_of($session, $id), 'succeeded',
		"$table: a request made meanwhile is carried out") if defined $id;
	works("$table, logged again");
}

#
# Without the key of digests
#

# This session, and the worker, have used the key before.
$session->must('DELETE FROM glue_secret_key');
my $watch = $cluster->watch;
my %way = ways();
foreach my $way (qw(call bulk))
{
	my $result = $session->query($way{$way});

	is($result->sqlstate, '55000', "no key, $way: SQLSTATE");
	like($result->message, qr/holds no key of this database/, "no key, $way: message");
	like($result->hint, qr/INSERT INTO public\.glue_secret_key/, "no key, $way: hint");
}
is($watch->sent, 0, 'no key: nothing is sent');

my $waiting = $session->must($way{queue})->output;
wait_until(sub { $session->must("SELECT error_code FROM glue_request WHERE id = $waiting")
	->output eq 'no digest key' }, 'the request waits');
my $plain = enqueue($session, referring(new_name()));
is(end_of($session, $plain), 'succeeded',
	'no key: a request without secrets continues');
my $hint = $session->query($way{call})->hint =~ s/.*?(INSERT INTO)/$1/r;

# As it is, wherever it is pasted; and then all have the new one.
my $other = $cluster->session(settings => { search_path => '' });
$other->must($hint);
my @made = (new_name(), new_name());
$session->must(create_sql(jdbc($made[0])));
$other->must('SELECT public.glue_create_connection(' . literal(json_text(jdbc($made[1]))) . ')');
is($session->must('SELECT count(DISTINCT substr(secret_digest, 1, 8)) FROM glue_connection'
	  . " WHERE name IN ('$made[0]', '$made[1]')")->output, 1,
	'a session that used the old key makes digests with the new one');
make_due($session, $waiting);
works('with another key');
is(end_of($session, $waiting), 'succeeded',
	'and so does the request that waited');

#
# IDs that were given before
#

%way = ways();
$watch = $cluster->watch;
$session->must("SELECT setval('glue_request_id_seq', 1, false)");
foreach my $way (sort keys %way)
{
	my $result = $session->query($way{$way});

	is($result->sqlstate, '23505', "set back, $way: SQLSTATE");
	$hint = $result->hint;
	like($hint, qr/sequence of the IDs was set back: SELECT pg_catalog\.setval/, "set back, $way: hint");
}
is($watch->sent, 0, 'set back: nothing is sent');
$session->must($hint =~ s/.*?(SELECT pg_catalog\.setval)/$1/r);
works('set forward');

#
# Indexes on expressions, which are no damage at all
#

$session->must('CREATE INDEX ON glue_connection (lower(name || $$ $$ || coalesce(description, $$$$)));'
	  . ' CREATE INDEX ON glue_connection (upper(name)) WHERE lower(name) LIKE $$broken%$$;'
	  . ' CREATE INDEX ON glue_request (lower(connection_name));'
	  . ' CREATE INDEX ON glue_request ((state || connection_name)) WHERE lower(state) <> $$x$$');
foreach my $round (1 .. 3)
{
	my @names = map { new_name() } 1 .. 40;

	is($session->must(create_many_sql("count(*) FILTER (WHERE status = 'READY')",
			[ map { jdbc($_) } @names ]))->output, '40', "many calls, $round");
	works("indexes on expressions, $round");
	$session->must('SET enable_seqscan = off');
	foreach my $name ($names[0], $names[-1])
	{
		is($session->must('SELECT count(*) FROM glue_connection WHERE'
				. " lower(name || ' ' || coalesce(description, '')) = " . literal("$name "))
			  ->output, '1', "round $round: the index has $name");
		is($session->must('SELECT state FROM glue_request WHERE lower(connection_name) = '
				. literal($name))->output, 'succeeded', "round $round: and its request");
	}
	$session->must('RESET enable_seqscan');
}

$session->quit;
$cluster->finish;
done_testing();
