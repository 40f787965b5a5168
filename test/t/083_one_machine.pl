# Copyright (c) 2026, glue_conn contributors
#
# One request, made in four ways: by a call that acts at once, as one of many,
# by the queue, and by a row with a trigger.  The record at the end does not
# depend on the way.
#
# A case consists of the state of AWS Glue and of the table before, with later
# changes; the requested definition and tags; and the action if the connection
# exists.  All combinations are tested.

use strict;
use warnings;

use GlueConn::Cluster;
use GlueConn::Inputs;
use GlueConn::Queue;
use GlueConn::Ways;
use Test::More;
use Time::HiRes qw(time);

my $cluster = GlueConn::Cluster->start(secret_key => 1);
my $glue = $cluster->glue;
my $session = $cluster->session;

my @ways = qw(call bulk queue row);
my @actions = qw(error adopt update change);

# A connection with two passwords.
sub two_secrets
{
	my ($name, %members) = @_;
	my $input = jdbc($name, %members);

	$input->{ConnectionProperties}{KAFKA_SASL_PLAIN_PASSWORD} = 'Secret-Kafka';
	return $input;
}

#
# The state before
#
# made	whether this database has made it, with tags and a password, and whether it
#		has read it since
# then	another client's changes: a function of the name
#
# All of them were made a while ago.
#

# AWS Glue's connections, by name.
my %there;

sub look
{
	%there = map { ($_->{name} => $_) } @{ $glue->state->{connections} };
	return;
}

# Put it into AWS Glue, with its members and others.
sub changed
{
	my ($name, $password, %members) = @_;
	my $there = $there{$name};
	my $input = two_secrets($name);

	$input->{ConnectionProperties}{PASSWORD} = $password;
	$glue->put_connection(
		input => $input,
		tags => $there->{tags},
		created => $there->{created},
		updated => $there->{updated},
		%members);
	return;
}

sub put_password
{
	my ($name) = @_;

	changed($name, 'Secret-Theirs',
		updated => $there{$name}{updated} + 0.05);
	return;
}

sub put_anew
{
	my ($name) = @_;

	changed($name, 'Secret-Password', created => time - 60,
		updated => time - 60, tags => {});
	return;
}

sub put_old
{
	my ($name, %members) = @_;

	$glue->put_connection(
		input => two_secrets($name, %members),
		tags => { by => 'them' },
		created => time - 3600,
		updated => time - 3600);
	return;
}

my %states = (
	'nothing' => {},
	'an equal one' => { then => \&put_old },
	'another one' =>
	  { then => sub { put_old($_[0], Description => 'theirs'); } },
	'ours' => { made => 'unread' },
	'ours, read' => { made => 'read' },
	'ours, another password' => { made => 'unread', then => \&put_password },
	'ours, read, another password' =>
	  { made => 'read', then => \&put_password },
	'ours, made anew' => { made => 'unread', then => \&put_anew },
	'ours, read, made anew' => { made => 'read', then => \&put_anew },
	'ours, gone' => {
		made => 'read',
		then => sub { $glue->remove_connection($_[0]); }
	},
	'ours, other tags' => {
		made => 'unread',
		then => sub { changed($_[0], 'Secret-Password',
			tags => { team => 'a', by => 'them' }); }
	});

#
# The requested state
#

my %definitions = (
	'the same' => sub { return two_secrets($_[0]); },
	'another description' =>
	  sub { return two_secrets($_[0], Description => 'new'); },
	'another password' => sub {
		my $input = two_secrets($_[0]);

		$input->{ConnectionProperties}{PASSWORD} = 'Secret-New';
		return $input;
	},
	'no password' => sub {
		my $input = two_secrets($_[0]);

		delete $input->{ConnectionProperties}{KAFKA_SASL_PLAIN_PASSWORD};
		return $input;
	});

# One case for each combination.  The function that updates has no tags, and none
# that updates many.
my @cases;
foreach my $state (sort keys %states)
{
	foreach my $definition (sort keys %definitions)
	{
		foreach my $action (@actions)
		{
			next if $action eq 'error' && $definition ne 'the same';
			push @cases,
			  {
				what => "$state; $definition; $action",
				state => $states{$state},
				definition => $definitions{$definition},
				action => $action
			  };
			push @cases,
			  { %{ $cases[-1] }, what => "$cases[-1]{what}, tags",
				tags => { stage => 'b' } }
			  if $action ne 'change';
		}
	}
}
$cases[$_]{number} = $_ foreach 0 .. $#cases;

sub ways
{
	my ($case) = @_;

	return grep { $case->{action} ne 'change' || $_ ne 'bulk' } @ways;
}

sub name { return "case $_[0]{number} $_[1]"; }

# Do something for every name.
sub for_all
{
	my ($function) = @_;

	foreach my $case (@cases)
	{
		$function->($case, $_, name($case, $_)) foreach ways($case);
	}
	return;
}

#
# Get there
#

foreach my $action (@actions)
{
	my $conflict = $action eq 'change' ? 'error' : $action;

	$session->must(<<"SQL");
CREATE TABLE rows_$action (name text, connection_input jsonb, tags jsonb);
SQL
	$session->must(trigger_sql("rows_$action", 'tags=tags', "on_conflict=$conflict"));
}

# A row that is changed is the one that it was made for, since it changes nothing
# else.
sub make
{
	my ($kind) = @_;
	my $tags = { team => 'a' };

	for_all(sub {
		my ($case, $way, $name) = @_;

		return if ($case->{state}{made} // '') ne $kind;
		$session->must($way eq 'row' && $case->{action} eq 'change' ?
			insert_sql('rows_change', $name, two_secrets($name), $tags) :
			create_sql(two_secrets($name), tags => $tags));
	});
	work($session);
	$session->must('DELETE FROM glue_request');
	return;
}

sub insert_sql
{
	my ($table, $name, $input, $tags) = @_;

	return "INSERT INTO $table VALUES ("
	  . join(', ', literal($name), literal(json_text($input)),
		literal($tags && json_text($tags))) . ')';
}

$glue->set(clock_offset_s => -120);
make('read');
$session->must('SELECT count(*) FROM glue_sync_connections()');
make('unread');
$glue->set(clock_offset_s => 0);
look();
for_all(sub {
	my ($case, $way, $name) = @_;

	$case->{state}{then}->($name) if $case->{state}{then};
});
#
# Ask for it
#

# The outcome of each: an error message, or nothing.
my %outcome;

sub note_outcome
{
	my ($name, $failure) = @_;

	# messages are the same except for the order of tags, and parts specific to
	# the way
	$failure =~ s/request ID [-0-9a-f]+/request ID/g;
	$failure =~ s/case \d+ \w+/the name/g;
	$failure =~ s/ The connection that has the name is not this.*//s;
	$outcome{$name} = join "\n", sort split /\n|: (?=\$)/, $failure;
	return;
}

sub ask_by_call
{
	my ($case, $name, $input) = @_;
	my $result = $session->query($case->{action} eq 'change' ?
		update_sql($input) :
		create_sql($input, tags => $case->{tags},
			on_conflict => $case->{action}));

	note_outcome($name, $result->sqlstate eq '00000' ? '' :
		  $result->message . ': ' . $result->detail);
	return;
}

sub ask_by_bulk
{
	my ($case, $name, $input) = @_;

	note_outcome($name, $session->must(
		create_many_sql('error_message', [$input],
			tags => $case->{tags}, on_conflict => $case->{action}))->output);
	return;
}

sub ask_by_queue
{
	my ($case, $name, $input) = @_;

	$session->must($case->{action} eq 'change' ?
		enqueue_update_sql($input) :
		enqueue_create_sql($input, tags => $case->{tags},
			on_conflict => $case->{action}));
	return;
}

# A row that is changed, and that no connection was made for, was there before, as
# if the trigger had not been.
sub ask_by_row
{
	my ($case, $name, $input) = @_;
	my $table = "rows_$case->{action}";

	if ($case->{action} ne 'change')
	{
		$session->must(insert_sql($table, $name, $input, $case->{tags}));
		return;
	}
	$session->must('SET session_replication_role = replica; '
		  . insert_sql($table, $name, two_secrets($name, Description => 'old'))
		  . '; RESET session_replication_role') if !$case->{state}{made};
	$session->must("UPDATE $table SET tags = NULL, connection_input = "
		  . literal(json_text($input)) . ' WHERE name = ' . literal($name));
	return;
}

my %ask = (
	call => \&ask_by_call,
	bulk => \&ask_by_bulk,
	queue => \&ask_by_queue,
	row => \&ask_by_row);
for_all(sub {
	my ($case, $way, $name) = @_;

	$ask{$way}->($case, $name, $case->{definition}->($name));
});
work($session);

my %requests = map { my $request = json_value($_);
	($request->{connection_name} => $request) } split /\n/,
  $session->must('SELECT to_json(r) FROM glue_request r ORDER BY id')->output;
foreach my $name (keys %requests)
{
	my $request = $requests{$name};

	like($request->{state}, qr/^(succeeded|failed)$/, "$name has ended")
	  if $request->{state} !~ /^(succeeded|failed)$/;
	note_outcome($name, $request->{state} eq 'failed' ?
		  $request->{error_message} : '');
}

#
# The record, and AWS Glue's connection
#

my @volatile = qw(name arn request_id recorded_at);
my %rows = map { my $row = json_value($_); ($row->{name} => $row) }
  split /\n/,
  $session->must('SELECT to_json(c) FROM glue_connection c')->output;

# Of times, whether they are known.
sub recorded
{
	my ($name) = @_;
	my %row = %{ $rows{$name} // {} };

	delete @row{@volatile};
	$row{$_} = defined $row{$_} ? 'known' : 'unknown'
	  foreach grep { /_at$|_time$/ } keys %row;
	return \%row;
}

look();

sub present
{
	my ($name) = @_;
	my $connection = $there{$name} or return {};
	my %definition = %{ $connection->{definition} };

	delete $definition{Name};
	return { definition => \%definition, tags => $connection->{tags} };
}

foreach my $case (@cases)
{
	my ($first, @others) = map { name($case, $_) } ways($case);

	# a changed row creates a connection that it does not own, or that does not
	# exist, and leaves one alone that was created again
	my $creates = $case->{action} eq 'change' &&
	  (!$case->{state}{made} || !$there{$first} || $case->{what} =~ /made anew/);

	foreach my $other (@others)
	{
		next if $creates && $other =~ /row$/;
		is($outcome{$other}, $outcome{$first}, "$case->{what}: $other: outcome");
		is_deeply(recorded($other), recorded($first),
			"$case->{what}: $other: row")
		  or diag(explain([ recorded($first), recorded($other) ]));
		is_deeply(present($other), present($first),
			"$case->{what}: $other: in AWS Glue");
	}
}

#
# The record in words
#

# The tags and whether the secrets are known, or the problem.
sub summary
{
	my ($what, $way) = @_;
	my ($case) = grep { $_->{what} eq $what } @cases;
	my $name = name($case, $way // 'call');
	my $row = $rows{$name} or return "no row";

	return ($outcome{$name} ne '' ? 'refused, ' : '')
	  . json_text($row->{tags}) . ', '
	  . (defined $row->{secret_digest} ? 'known' : 'unknown');
}

my @expected = (
	[ 'nothing; the same; error, tags', '{"stage":"b"}, known' ],
	[ 'an equal one; the same; adopt', 'null, unknown' ],
	[ 'an equal one; the same; update', 'null, known' ],
	[ 'an equal one; the same; update, tags',
		'{"by":"them","stage":"b"}, known' ],
	[ 'ours; the same; adopt', '{"team":"a"}, known' ],
	[ 'ours; the same; update, tags', '{"stage":"b","team":"a"}, known' ],
	[ 'ours; another password; adopt', 'refused, {"team":"a"}, known' ],
	[ 'ours; no password; adopt', 'refused, {"team":"a"}, known' ],
	[ 'ours; no password; change', 'refused, {"team":"a"}, known' ],
	[ 'ours, another password; the same; adopt', '{"team":"a"}, unknown' ],
	[ 'ours, another password; another password; adopt',
		'{"team":"a"}, unknown' ],
	[ 'ours, read, another password; the same; adopt',
		'{"team":"a"}, unknown' ],
	[ 'ours, made anew; the same; adopt', 'null, unknown' ],
	[ 'ours, made anew; the same; update', 'null, known' ],
	[ 'ours, made anew; the same; change', 'null, known' ],
	[ 'ours, read, made anew; the same; change', 'null, known' ],
	[ 'ours, gone; the same; adopt', 'null, known' ],
	[ 'ours, gone; the same; update, tags', '{"stage":"b"}, known' ],
	[ 'ours, other tags; the same; update, tags',
		'{"by":"them","stage":"b","team":"a"}, known' ]);
is(summary($_->[0]), $_->[1], $_->[0]) foreach @expected;
is(summary('ours, gone; the same; change', 'row'), 'null, known',
	'a row creates a missing connection, without its tags');
is(summary($_, 'row'), 'refused, {"team":"a"}, known', "$_: a row leaves it alone")
  foreach 'ours, made anew; the same; change', 'ours, read, made anew; the same; change';

$session->quit;
$cluster->finish;
done_testing();
