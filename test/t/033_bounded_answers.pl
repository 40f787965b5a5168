# Copyright (c) 2026, glue_conn contributors
#
# AWS's values fit their destination, in every entry point.
#
# A value may be too long for an index, a notification or a number of
# PostgreSQL's, or corrupt a terminal.  It is either an error that names the
# value, or it is shortened.  A sync skips an unusable connection, and
# processes all others.

use strict;
use warnings;

use GlueConn::Cluster;
use GlueConn::Inputs;
use GlueConn::Queue;
use GlueConn::Ways;
use JSON::PP;
use Test::More;

my $cluster = GlueConn::Cluster->start;
my $glue = $cluster->glue;
my $session = $cluster->session;

# The JSON of a connection, with a member as it is spelled.
sub connection
{
	my ($name, $member) = @_;

	return json_text(referring($name)) =~ s/}$/, $member}/r;
}

# Let one answer, or more, be this.
sub say_instead
{
	my ($operation, $body, %rule) = @_;

	$glue->misbehave(operation => $operation, kind => 'garbage',
		body => $body, %rule);
}

# Expect an answer that is refused, with words about the member.
sub refused
{
	my ($case, $result, $words) = @_;

	is($result->sqlstate, '08P01', "$case: SQLSTATE") or diag($result->text);
	like($result->detail, $words, "$case: names the fault and the place");
	$glue->behave;
}

make_source($session);
$session->must(create_sql(referring('x'), tags => { team => 'a' }));
$session->must('SELECT count(*) FROM glue_sync_connections()');

#
# Values that are errors
#

my $times = qr/must be a time in seconds/;
my %errors = (
	'"CreationTime": 1e308' => qr/\.CreationTime $times/,
	'"LastUpdatedTime": 1e999' => qr/\.LastUpdatedTime $times/,
	'"LastUpdatedTime": -1' => qr/\.LastUpdatedTime $times/,
	'"CreationTime": -210866803201' => qr/\.CreationTime $times/,
	'"LastConnectionValidationTime": 9300000000000' =>
	  qr/\.LastConnectionValidationTime $times/,
	'"ConnectionSchemaVersion": 5000000000' =>
	  qr/\.ConnectionSchemaVersion must be an integer/,
	'"ConnectionSchemaVersion": -3' =>
	  qr/\.ConnectionSchemaVersion must be an integer/,
	'"Status": 5' => qr/\.Status must be a string/,
	'"Status": ["READY"]' => qr/\.Status must be a string/,
	'"ConnectionType": "' . 'T' x 9000 . '"' =>
	  qr/\.ConnectionType must have 1 to 255 characters/,
	'"New": [{"x": 1e-20000}]' => qr/\.New\[0\]\.x is a number out of range/,
	'"New": 0.' . '1' x 20000 => qr/\.New is a number out of range/);

foreach my $member (sort keys %errors)
{
	my $words = $errors{$member};
	my $case = substr($member, 0, 40);
	my $body = '{"Connection": ' . connection('x', $member) . '}';
	my $page = '{"ConnectionList": [' . connection('x', $member) . ', '
	  . connection('y', '"Status": "READY"') . ']}';

	say_instead(GetConnection => $body);
	refused("$case, get", $session->query(get_sql('x')), $words);
	say_instead(GetConnection => $body);
	refused("$case, wait",
		$session->query("SELECT glue_wait_connection('x')"), $words);
	say_instead(GetConnection => $body);
	refused("$case, update", $session->query(update_sql(referring('x'))),
		$words);
	say_instead(GetConnection => $body);
	refused("$case, adopt",
		$session->query(create_sql(referring('x'), on_conflict => 'adopt')),
		$words);
	say_instead(GetConnections => $page);
	refused("$case, list",
		$session->query('SELECT glue_get_connections()'), $words);

	# a sync continues without it
	say_instead(GetConnections => $page);
	$session->must('BEGIN');
	my $result = $session->query(
		'SELECT name, change FROM glue_sync_connections()');
	is($result->output, 'y|added', "$case, sync: has the other one");
	my ($warning) = $result->messages('WARNING');
	like($warning->{message}, qr/"x" is left out/, "$case, sync: warns");
	like($warning->{detail}, $words, "$case, sync: and says why");
	$session->must('ROLLBACK');

	# a request fails with it, and the next one does not
	say_instead(GetConnection => $body);
	enqueue_update($session, referring('x'));
	work($session);
	$result = $session->must('SELECT state, error_code, error_message'
		  . ' FROM glue_request ORDER BY id DESC LIMIT 1')->output;
	like($result, qr/^failed\|malformed answer\|.*$words/s,
		"$case, queue: the request has failed");
	$glue->behave;
}

# A creation with an unknown outcome is read back.
foreach my $status ('5', '["READY"]', '""')
{
	my $body = "{\"CreateConnectionStatus\": $status}";

	say_instead(CreateConnection => $body);
	my $result = $session->query(create_sql(referring("call $status")));
	is($result->output, 'READY', "created with $status: is read back");
	say_instead(CreateConnection => $body);
	$result = $session->query(create_many_sql('status, error_code',
		[ referring("bulk $status") ]));
	is($result->output, 'READY|', "created with $status: of many, too");
	say_instead(CreateConnection => $body);
	$session->must(enqueue_create_sql(referring("queue $status")));
	work($session);
	is( $session->must('SELECT state, status FROM glue_request'
			  . ' ORDER BY id DESC LIMIT 1')->output,
		'succeeded|READY', "created with $status: in the queue, too");
	is($glue->created("$_ $status"), 1, "$_ $status: is made once")
	  foreach qw(call bulk queue);
	$glue->behave;
}

#
# Names, which are in an index
#

foreach my $given ('n' x 9000, join('', map { chr 33 + rand 90 } 1 .. 9000),
	'', 'a\u0001b', "\x{1f511}" x 256)
{
	my $name = $given =~ s/["\\](?!u0001)/q/gr;
	my $page = '{"ConnectionList": [' . connection('PLACE', '"Status": "READY"')
	  . ']}';
	$page =~ s/PLACE/$name/;
	say_instead(GetConnections => $page);
	refused('a name of ' . length $name,
		$session->query('SELECT count(*) FROM glue_sync_connections()'),
		$name eq '' ? qr/a connection without a name/ :
		  qr/\.Name must have 1 to 255 characters, and no control/);
}
my $longest = "\x{1f511}" x 255;
$glue->put_connection(input => referring($longest));
is( $session->must('SELECT change FROM glue_sync_connections()'
		  . ' WHERE length(name) = 255')->output,
	'added', 'the longest name there can be');

#
# Page tokens, without which a list would end early
#

foreach my $token ('5', '[]', '{}', 'true')
{
	say_instead(GetConnections =>
		  "{\"ConnectionList\": [], \"NextToken\": $token}");
	refused("a token of $token",
		$session->query('SELECT glue_get_connections()'),
		qr/\$\.NextToken must be a string/);
	say_instead(GetConnections =>
		  "{\"ConnectionList\": [], \"NextToken\": $token}");
	refused("a token of $token, sync",
		$session->query('SELECT * FROM glue_sync_connections()'),
		qr/\$\.NextToken must be a string/);
	say_instead(ListConnectionTypes =>
		  "{\"ConnectionTypes\": [], \"NextToken\": $token}");
	refused("a token of $token, types",
		$session->query('SELECT glue_list_connection_types()'),
		qr/\$\.NextToken must be a string/);
}

#
# Texts that are shortened
#

# Status, reason and author, with their expected form
my $long = 'S' x 61 . '...';
my @shown = (
	[ 'S' x 10000, 'r' x 20000, 'u' x 5000 ] =>
	  [ $long, 'r' x 16381 . '...', 'u' x 252 . '...' ],
	[ "A\x{202e}B", "a\x{202e}b\nc\x{07}", "u\x{2066}\x{85}" ] =>
	  [ 'A?B', "a?b\nc?", 'u??' ],
	[ '', '', '' ] => [ 'READY', undef, undef ]);
while (my ($said, $expected) = splice @shown, 0, 2)
{
	my ($status, $reason, $by) = @$said;
	my $case = 'a status of ' . length $status;
	my $member = '"Status": ' . json_text($status) . ', "StatusReason": '
	  . json_text($reason) . ', "LastUpdatedBy": ' . json_text($by)
	  . ', "CreationTime": ' . (1763805600 + length $status);
	my $answer = connection('x', $member);

	# as the table has it
	my $recorded = sub {
		my ($way, $name) = @_;
		my $row = $cluster->row($name // 'x');

		is($row->{status}, $expected->[0], "$case, $way: the status");
		is($row->{status_reason}, $expected->[1], "$case, $way: the reason");
		is($row->{last_updated_by}, $expected->[2], "$case, $way: the author");
	};

	say_instead(GetConnection => "{\"Connection\": $answer}");
	my $read = json_value($session->must(get_sql('x'))->output);
	is($read->{Status} // 'READY', $expected->[0], "$case, get: the status");
	is($read->{StatusReason}, $expected->[1], "$case, get: the reason");

	say_instead(GetConnection => "{\"Connection\": $answer}");
	is($session->must("SELECT glue_wait_connection('x')")->output,
		$expected->[0], "$case, wait");
	$recorded->('wait');
	$session->must("UPDATE glue_connection SET status = 'FAILED',"
		  . " last_updated_by = NULL WHERE name = 'x'");

	say_instead(GetConnections => "{\"ConnectionList\": [$answer]}");
	$session->must('SELECT count(*) FROM glue_sync_connections()');
	$recorded->('sync');
	say_instead(GetConnections => "{\"ConnectionList\": [$answer]}");
	is( $session->must("SELECT * FROM glue_connection_drift()"
			  . " WHERE name = 'x'")->output,
		'', "$case: is no drift after that");

	say_instead(GetConnection => "{\"Connection\": $answer}", skip => 1);
	$session->must(update_sql(referring('x')));
	$recorded->('update');

	$session->must('LISTEN glue_connection');
	say_instead(GetConnection => "{\"Connection\": $answer}", skip => 1);
	enqueue_update($session, referring('x'));
	my $result = work($session);
	is( $session->must('SELECT state, status FROM glue_request'
			  . ' ORDER BY id DESC LIMIT 1')->output,
		"succeeded|$expected->[0]", "$case, queue: the request");
	$recorded->('queue');
	$glue->behave;

	next if $status eq '';
	my $body = json_text({ CreateConnectionStatus => $status });
	my $name = 'made ' . length $status;
	foreach my $way (@ways)
	{
		say_instead(CreateConnection => $body);
		my @columns = split /\|/,
		  $session->must(create_by($way, referring("$name $way")))->output;

		is($columns[ $way eq 'bulk' ? 2 : 0 ], $expected->[0],
			"$case, create by $way: the status")
		  if $way =~ /call|bulk/;
		work($session);
		is( $session->must('SELECT state, status FROM glue_request'
				  . ' ORDER BY id DESC LIMIT 1')->output,
			"succeeded|$expected->[0]", "$case, create by $way: the request")
		  if $way =~ /queue|trigger/;
		is($cluster->row("$name $way")->{status}, $expected->[0],
			"$case, create by $way: is recorded");
	}
	$glue->behave;
}

# Values that drift and errors quote
say_instead(GetConnections => '{"ConnectionList": ['
	  . connection('x', '"Description": "a\u202eb"') . ']}');
like($session->must("SELECT message FROM glue_connection_drift()"
		  . " WHERE path = '\$.Description'")->output,
	qr/AWS Glue has "a\?b"/, 'a difference that would turn a line around');
$glue->misbehave(operation => 'GetConnection', kind => 'error',
	code => 'InvalidInputException', message => "a\x{202e}b\x{2028}c\x{200f}d");
like($session->query(get_sql('x'))->detail, qr/: a b c d/,
	'an error that would');

#
# Errors of single items of many
#

foreach my $case (
	[ '{"ErrorCode": "' . 'E' x 9000 . '", "ErrorMessage": "a\u202eb'
		  . 'm' x 30000 . '"}',
		'f|' . 'E' x 252 . '...|a?b' . 'm' x 2042 . '...' ],
	[ '{"ErrorCode": "", "ErrorMessage": []}', qr/^f\|malformed answer\|The / ],
	[ '{"ErrorCode": 5}', qr/^f\|malformed answer\|The / ],
	[ '7', qr/^f\|malformed answer\|The / ])
{
	my ($error, $expected) = @$case;

	say_instead(BatchDeleteConnection => "{\"Errors\": {\"x\": $error}}",
		processed => JSON::PP::false);
	my $output = $session->must('SELECT deleted, error_code, error_message'
		  . " FROM glue_batch_delete_connection('{x}')")->output;
	ref $expected ?
	  like($output, $expected, 'an error of ' . substr $error, 0, 20) :
	  is($output, $expected, 'an error of ' . substr $error, 0, 20);
	$glue->behave;
}

#
# Tags
#

foreach my $body ('{"Tags": [1]}', '{"Tags": 7}', '{"Tags": {"team": 1}}',
	'{"Tags": null}')
{
	say_instead(GetTags => $body);
	refused("tags of $body",
		$session->query("SELECT glue_get_connection_tags('x')"),
		qr/\$\.Tags/);
	say_instead(GetTags => $body);
	$session->must(enqueue_create_sql(referring('x'), tags => { team => 'a' },
			on_conflict => 'adopt'));
	work($session);
	like(
		$session->must('SELECT state, error_message FROM glue_request'
			  . ' ORDER BY id DESC LIMIT 1')->output,
		qr/^failed\|.*\$\.Tags/s,
		"tags of $body: in the queue");
	$glue->behave;
}
say_instead(GetTags => '{}');
$session->must(enqueue_create_sql(referring('x'), tags => { team => 'a' },
		on_conflict => 'adopt'));
work($session);
like(
	$session->must('SELECT state, error_message FROM glue_request'
		  . ' ORDER BY id DESC LIMIT 1')->output,
	qr/^failed\|.*\$\.Tags\.team was given, but AWS Glue does not have it/s,
	'no tags at all: in the queue');
$glue->behave;

#
# Types of connections, which are returned as they are
#

foreach my $number ('1e999', '1e-20000', '0.' . '1' x 20000)
{
	my $case = substr $number, 0, 10;

	say_instead(DescribeConnectionType =>
		  "{\"ConnectionType\": \"X\", \"New\": [$number]}");
	refused("a type with $case",
		$session->query("SELECT glue_describe_connection_type('X')"),
		qr/\$\.New\[0\] is a number out of range/);
	say_instead(ListConnectionTypes =>
		  "{\"ConnectionTypes\": [{}, {\"New\": $number}]}");
	refused("types with $case",
		$session->query('SELECT glue_list_connection_types()'),
		qr/\$\.ConnectionTypes\[1\]\.New is a number out of range/);
}

unlike(
	join('', map { $_->{message} } $session->query(get_sql('x'))->messages('ERROR')),
	qr/./, 'the backend continues');
$session->quit;
$cluster->finish;
done_testing();
