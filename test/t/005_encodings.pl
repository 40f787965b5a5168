# Copyright (c) 2026, glue_conn contributors
#
# AWS uses UTF-8, and a database any encoding.
#
# A message has exactly the same characters, or is not sent.  An answer may
# have characters that the database lacks.  For a definition that is an error,
# because a part of one is worse than none.  Other texts, such as those of
# errors, are shown with question marks in such places.

use strict;
use warnings;

use GlueConn::Cluster;
use GlueConn::Inputs;
use Test::More;

my $cluster = GlueConn::Cluster->start;
my $glue = $cluster->glue;

# Make a database and return a session in it.
sub session_in
{
	my ($encoding, $client_encoding) = @_;
	my $name = lc $encoding;

	$cluster->node->safe_psql('postgres',
		"CREATE DATABASE $name TEMPLATE template0 ENCODING '$encoding'"
		  . " LC_COLLATE 'C' LC_CTYPE 'C'");
	my $session = $cluster->session(
		database => $name,
		encoding => $client_encoding // 'UTF8');
	$session->must('CREATE EXTENSION glue_conn');
	return $session;
}

# Create a connection with a text in every possible place, and compare AWS's
# definition and the record.
sub round_trip
{
	my ($session, $case, $text) = @_;
	my $name = "$case $text";
	my %given = (
		Description => "of $text",
		MatchCriteria => [$text],
		SparkProperties => { $text => $text });
	my $input = jdbc($name, %given);

	my $result =
	  $session->query(create_sql($input, tags => { $text => $text }));
	is($result->output, 'READY', "$case: created") or diag($result->text);
	my $held = $glue->connection($name);
	is_deeply($held->{definition}, $input, "$case: AWS has the characters");
	is_deeply($held->{tags}, { $text => $text }, "$case: of the tags, too");

	my $row = json_value(
		$session->must(
			'SELECT to_json(c) FROM glue_connection c'
			  . ' WHERE name = ' . literal($name))->output);
	is_deeply(
		[ @$row{qw(description match_criteria spark_properties tags)} ],
		[ @given{qw(Description MatchCriteria SparkProperties)},
			{ $text => $text } ],
		"$case: they are recorded");

	my $read = json_value($session->must(get_sql($name))->output);
	is($read->{Description}, "of $text", "$case: they are read");
	is($session->query(create_sql($input))->message,
		qq(could not create AWS Glue connection "$name":)
		  . ' AlreadyExistsException', "$case: and named in an error");

	$glue->misbehave(operation => 'CreateConnection', kind => 'lost-after');
	$result = $session->query(create_sql({ %$input, Name => "$name lost" }));
	is($result->output, 'READY', "$case: they are compared")
	  or diag($result->text);
}

# AWS's connection may have characters that the database lacks.
my $foreign = "\x{e9} \x{65e5}\x{672c} \x{1f511} \x{201c}x\x{201d}";

# Put such a connection in, so new that it could be ours.
sub put_foreign
{
	$glue->put_connection(
		created => time + 2,
		input => jdbc('foreign',
			Description => $foreign,
			SparkProperties => { $foreign => $foreign }));
}

# See how texts show them.
sub shows
{
	my ($session, $case, $shown) = @_;

	$glue->misbehave(
		operation => 'CreateConnection',
		kind => 'error',
		code => 'InvalidInputException',
		message => "Text $foreign.");
	my $result = $session->query(create_sql(jdbc('x')));
	is($result->sqlstate, '22023', "$case: an error");
	like($result->detail, qr/: Text \Q$shown\E\./, "$case: is reported");

	put_foreign();
	$glue->misbehave(operation => 'CreateConnection', kind => 'lost-before');
	$result = $session->query(create_sql(jdbc('foreign')));
	is($result->sqlstate, '42710', "$case: a difference");
	like($result->detail, qr/\$\.Description/, "$case: is reported");
}

#
# LATIN1
#

my $session = session_in('LATIN1');
round_trip($session, 'LATIN1', "caf\x{e9}");
shows($session, 'LATIN1', "\x{e9} ?? ? ?x?");
my $result = $session->query(get_sql('foreign'));
is($result->sqlstate, '22P05', 'LATIN1: a definition with other characters');
like($result->message, qr/0xe6 0x97 0xa5.*no equivalent in encoding "LATIN1"/,
	'LATIN1: the error says which');

# Nothing that the database cannot hold gets into the table.
$glue->put_connection(input => jdbc("th\x{e9}"));
$result = $session->must('SELECT name, change FROM glue_sync_connections()');
like($result->output, qr/^th\x{e9}\|added$/m, 'LATIN1: a name that fits is recorded');
unlike($result->output, qr/^foreign\|added$/m, 'LATIN1: another one is not');
like(join('', map { $_->{message} } $result->messages('WARNING')),
	qr/"foreign" is left out/, 'LATIN1: which is said');

# The record has the sent definition, even if AWS returns additional members.
$glue->misbehave(
	operation => 'CreateConnection',
	kind => 'in-progress',
	outcome => 'FAILED',
	reason => $foreign);
is($session->must(create_sql(jdbc('slow')))->output,
	'IN_PROGRESS', 'LATIN1: in progress');

# The recorded definition stays if the database lacks characters of another
# client's change.
my @changes = (operation => 'GetConnection', kind => 'garbage',
	body => json_text({ Connection => jdbc('slow',
			Status => 'FAILED', StatusReason => $foreign,
			SparkProperties => { $foreign => $foreign }) }));
$glue->misbehave(@changes);
is($session->must("SELECT glue_wait_connection('slow')")->output,
	'FAILED', 'LATIN1: a status is awaited');
my $shown = "SELECT status || ' ' || status_reason || coalesce(spark_properties::text, '')"
  . " FROM glue_connection WHERE name = ";
is($session->must($shown . "'slow'")->output, "FAILED \x{e9} ?? ? ?x?",
	'LATIN1: and recorded');
$glue->misbehave(operation => 'CreateConnection', kind => 'in-progress',
	reads => 10);
my $referring = jdbc('polled', ConnectionProperties => {
	JDBC_CONNECTION_URL => 'jdbc:postgresql://h.example:5432/d',
	SECRET_ID => 's' });
$session->must(enqueue_create_sql($referring));
$glue->misbehave(@changes);
my $state = '';
ok( wait_until(
		sub {
			$session->must('CALL glue_process_requests()');
			$state = $session->must("SELECT state || ' ' || status"
				  . " FROM glue_request WHERE connection_name = 'polled'")
			  ->output;
			return $state ne 'queued IN_PROGRESS';
		},
		'the request to end'),
	'LATIN1: the queue continues');
is($state, 'failed FAILED', 'LATIN1: and says how it ended');

# The name of a server is the database's own, with any bytes in UTF-8.
my $server = "\x{c3}\x{a9}";
my $server_sql = sub {
	my ($format) = @_;

	return "DO \$\$BEGIN EXECUTE format('$format', "
	  . literal($server) . "); END\$\$";
};
$session->must($server_sql->('CREATE SERVER %I FOREIGN DATA WRAPPER glue_conn'));
my $id = $session->must(
	enqueue_create_sql({ %$referring, Name => 'served' }, server => $server))
  ->output;
$session->must($server_sql->('DROP SERVER %I'));
$session->must('CALL glue_process_requests()');
like($session->must("SELECT error_message FROM glue_request WHERE id = $id")->output,
	qr/^foreign server "$server" was dropped/,
	'LATIN1: a request names its server');
$session->quit;

#
# Encodings of more than one byte
#

$session = session_in('EUC_JP');
round_trip($session, 'EUC_JP', "\x{65e5}\x{672c}");
$session->quit;

$session = session_in('UTF8');
round_trip($session, 'UTF8', $foreign);
shows($session, 'UTF8', $foreign);
my $read = json_value($session->must(get_sql('foreign'))->output);
is($read->{Description}, $foreign, 'UTF8: a definition with other characters');

# The client's encoding is not the database's.
$session->must("SET client_encoding = 'LATIN1'");
$result = $session->query(get_sql('none') =~ s/none/caf\xe9/r);
like($result->message, qr/"caf\x{e9}": EntityNotFoundException/,
	'a client in LATIN1');
$session->quit;

#
# SQL_ASCII, where bytes have no encoding
#

$session = session_in('SQL_ASCII', 'SQL_ASCII');
round_trip($session, 'SQL_ASCII', $foreign);
shows($session, 'SQL_ASCII', $foreign);

# The bytes of LATIN1 are not UTF-8.
my $bytes = "caf\xe9";
my %calls = (
	'an input' => create_sql(jdbc('x')) =~ s/loader/$bytes/r,
	'a key' => create_sql(jdbc('x')) =~ s/USERNAME/$bytes/r,
	'a name' => create_sql(jdbc('NAME')) =~ s/NAME"/$bytes"/r,
	'a tag' => create_sql(jdbc('x'), tags => '{"a": "b"}') =~ s/"b"/"$bytes"/r,
	'a catalog' =>
	  create_sql(jdbc('x'), catalog_id => 'c') =~ s/'c'/'$bytes'/r,
	'a name to read' => get_sql('none') =~ s/none/$bytes/r);
foreach my $case (sort keys %calls)
{
	my $watch = $cluster->watch;
	my $result = $session->query($calls{$case});

	is($result->sqlstate, '22023', "not UTF-8: $case");
	like($result->detail, qr/UTF-8/, "not UTF-8: $case: says so");
	unlike($result->text, qr/caf\xe9|Secret-/,
		"not UTF-8: $case: quotes nothing");
	is($watch->sent, 0, "not UTF-8: $case: is not sent");
}
$result = $session->query("SELECT rule, severity"
	  . " FROM glue_validate_connection_input('{\"Name\": \"$bytes\"}')");
like($result->output, qr/^encoding\|error$/m, 'not UTF-8: as a row');
is( $session->query(
		"SELECT glue_is_valid_connection_input('{\"Name\": \"$bytes\"}')")
	  ->output,
	'f', 'not UTF-8: is not valid');
is($session->query("SELECT glue_redact('{\"Name\": \"$bytes\"}')")->sqlstate,
	'22023', 'not UTF-8: cannot be redacted');

# A restored table may have such a name; the others are looked for.
foreach my $name ($bytes, 'gone')
{
	$session->must('CREATE TEMPORARY TABLE copied AS'
		  . ' SELECT * FROM glue_connection LIMIT 1');
	$session->must("UPDATE copied SET name = '$name'");
	$session->must('INSERT INTO glue_connection SELECT * FROM copied');
	$session->must('DROP TABLE copied');
}
foreach my $call ("SELECT name FROM glue_connection_drift() WHERE change = 'removed'",
	"SELECT name FROM glue_sync_connections() WHERE change = 'removed'")
{
	my $watch = $cluster->watch;

	is($session->query($call)->output, 'gone', 'not UTF-8: a recorded name');
	is($watch->sent('GetConnection'), 1, 'not UTF-8: is not asked for');
}
$session->quit;

#
# WIN1252, where some bytes are no characters
#

$session = session_in('WIN1252');
my $server_name = 'chr(129) || chr(233)';
foreach my $format ('CREATE SERVER %I FOREIGN DATA WRAPPER glue_conn',
	'DROP SERVER %I')
{
	$session->must("DO \$\$BEGIN EXECUTE format('$format', $server_name); END\$\$");
	$id = $session->must(
		enqueue_create_sql({ %$referring, Name => 'served' }, server => 'SERVER')
		  =~ s/'SERVER'/($server_name)::name/r)->output
	  if $format =~ /CREATE/;
}
$session->must('CALL glue_process_requests()');
like($session->must("SELECT error_message FROM glue_request WHERE id = $id")->output,
	qr/^foreign server "\?\?" was dropped/, 'WIN1252: such bytes are question marks');
$session->quit;

$cluster->finish;
done_testing();
