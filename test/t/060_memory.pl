# Copyright (c) 2026, glue_conn contributors
#
# A backend does not grow, with any number of calls and any outcome.
#
# A session of a connection pool stays open for weeks.  So one backend makes calls
# of every kind, some two thousand of them, and its resources at the end are
# compared with those after the first ones: PostgreSQL's memory, all other
# memory (that of libcurl, OpenSSL and json-c), and open files.

use strict;
use warnings;

use GlueConn::Cluster;
use GlueConn::Inputs;
use PostgreSQL::Test::Utils;
use Test::More;

my $cluster = GlueConn::Cluster->start(conf => "log_statement = none\n");
my $glue = $cluster->glue;
my $session = $cluster->session;

# Rounds of calls; in the first ones, caches are filled.
my $warm_up = 40;
my $rounds = 200;

# How the answer to a create is spoiled depends on the connection's name.
my %rules = (
	lost => { kind => 'lost-after' },
	garbage => { kind => 'garbage', form => 'text' },
	error => { kind => 'error', code => 'InvalidInputException' },
	echo => { kind => 'echo' },
	stall => { kind => 'stall' },
	html => { kind => 'error', form => 'html', status => 404 });
foreach my $name (sort keys %rules)
{
	$glue->misbehave(
		operation => 'CreateConnection',
		name => "$name *",
		times => 0,
		%{ $rules{$name} });
}

# One call of each kind, with the SQLSTATE that it ends with
sub calls
{
	my ($round) = @_;
	my $everything = everything("everything $round");
	my $quoted = literal(json_text($everything));

	return (
		[ create_sql(jdbc("plain $round")), '00000' ],
		[ create_sql($everything, tags => { a => 'b' }), '00000' ],
		[ create_sql(jdbc("plain $round")), '42710' ],
		[ create_sql(jdbc("lost $round")), '00000' ],
		[ create_sql(jdbc("garbage $round")), '00000' ],
		[ create_sql(jdbc("error $round")), '22023' ],
		[ create_sql(everything("echo $round")), '22023' ],
		[ create_sql(jdbc("html $round")), '38000' ],
		[ create_sql({ Name => '', Unknown => 'x' }), '22023' ],
		[ get_sql("everything $round"), '00000' ],
		[ get_sql('none'), '42704' ],
		[ "SELECT glue_redact($quoted)", '00000' ],
		[ "SELECT * FROM glue_validate_connection_input($quoted)", '00000' ]);
}

# Cancelled calls are made now and then, because each takes its time.
sub cancelled
{
	my ($round) = @_;

	return "SET statement_timeout = '30ms'",
	  create_sql(jdbc("stall $round")), 'RESET statement_timeout';
}

# Resources of the backend, in bytes
sub held
{
	my $contexts =
	  $session->must('SELECT count(*), sum(used_bytes), sum(total_bytes)'
		  . ' FROM pg_backend_memory_contexts')->output;
	my ($count, $used, $total) = split /\|/, $contexts;
	my ($anonymous) = slurp_file('/proc/' . $session->pid . '/status') =~
	  /^RssAnon:\s+(\d+) kB/m;

	return (
		contexts => $count,
		used => $used,
		total => $total,
		process => $anonymous * 1024,
		files => scalar(my @files = $session->open_files));
}

my (%before, $calls);
my $unexpected = '';
foreach my $round (1 .. $warm_up + $rounds)
{
	foreach my $call (calls($round))
	{
		my ($sql, $sqlstate) = @$call;
		my $result = $session->query($sql);

		$calls++ if $round > $warm_up;
		$unexpected ||= "$sql: " . $result->text
		  if $result->sqlstate ne $sqlstate;
	}
	if ($round % 10 == 0)
	{
		my ($set, $create, $reset) = cancelled($round);

		$session->must($set);
		$unexpected ||= "not cancelled: $create"
		  if $session->query($create)->sqlstate ne '57014';
		$session->must($reset);
	}
	%before = held() if $round == $warm_up;
}
my %after = held();

is($unexpected, '', "$calls calls ended as they should");
cmp_ok($calls, '>', 2000, 'which are enough');

# Some pages more or less are no leak: the process settles some 100 kB higher,
# and stays there.  Losing 100 bytes a call would exceed all of these limits.
my %limits = (used => 64 * 1024, total => 128 * 1024, process => 256 * 1024);
foreach my $what (sort keys %limits)
{
	cmp_ok($after{$what} - $before{$what}, '<', $limits{$what},
		"memory, $what: no growth beyond $limits{$what} bytes");
	note("$what: $before{$what} before, $after{$what} after");
}
cmp_ok($after{$_}, '<=', $before{$_}, "$_: none more")
  foreach qw(contexts files);

$session->quit;
$cluster->finish;
done_testing();
