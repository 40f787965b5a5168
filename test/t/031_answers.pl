# Copyright (c) 2026, glue_conn contributors
#
# A backend survives any answer.
#
# The server may be broken, may be a proxy, or may be malicious.  Its answers
# may be too large, too deeply nested, no JSON, another JSON than expected,
# full of headers, or redirects.  Each must end in a short error, and the
# backend must continue.  The tests use reads, because no other mechanism then
# turns a bad answer into a good outcome.

use strict;
use warnings;

use GlueConn::Cluster;
use GlueConn::Inputs;
use GlueConn::LocalGlue;
use JSON::PP;
use PostgreSQL::Test::Utils;
use Test::More;

my $cluster = GlueConn::Cluster->start;
my $glue = $cluster->glue;
my $session =
  $cluster->session(settings => { 'glue_conn.max_attempts' => 1 });
my $pid = $session->pid;

$session->must(create_sql(jdbc('x')));

# The longest detail that is still readable, in characters
my $long = 4000;

# Read with a rule for the answer, and expect an error.
sub answer
{
	my ($case, $rule, $sqlstate, $detail) = @_;

	$glue->misbehave(operation => 'GetConnection', %$rule);
	my $result = $session->query(get_sql('x'));
	$glue->behave;
	is($result->sqlstate, $sqlstate, "$case: SQLSTATE");
	like($result->message, qr/^could not read AWS Glue connection "x": /,
		"$case: message");
	like($result->detail, $detail // qr/./, "$case: detail");
	cmp_ok(length $result->text, '<', $long, "$case: is not too long");
	unlike($result->detail, qr/[\x00-\x08\x0b-\x1f\x7f]/,
		"$case: has no control characters");
	is($session->query(get_sql('x'))->sqlstate,
		'00000', "$case: the backend continues");
	return $result;
}

#
# Size
#

foreach my $chunked (\0, \1)
{
	answer(
		'huge' . ($$chunked ? ', in chunks' : ''),
		{ kind => 'huge', chunked => $chunked },
		'08006', qr/larger than 4 MB/);
}

# The limit is where it is said to be: of two answers, both valid JSON but no
# answer to this, one is too large by its frame alone.
answer('3 MB', { kind => 'huge', mebibytes => 3 }, '08P01');
answer('a little more than 4 MB', { kind => 'huge', mebibytes => 4 },
	'08006', qr/larger than 4 MB/);

#
# Form
#

my %forms = (
	text => '08P01',
	binary => '08P01',
	array => '08P01',
	string => '08P01',
	null => '08P01',
	half => '08P01',
	deep => '08P01',
	latin1 => '08P01',
	'wrong-types' => '08P01',
	empty => '08P01',
	nul => '08P01');
foreach my $form (sort keys %forms)
{
	answer("garbage ($form)", { kind => 'garbage', form => $form },
		$forms{$form});
}

# An answer of the right form with the wrong things in it
foreach my $body (
	'{"Connection": null}', '{"Connection": []}',
	'{"Connection": "x"}', '{"Connection": 1}',
	'{"connection": {}}', '{}',
	'{} {}', '{"Connection": {}',
	'{"Connection": {"Name": "\ud800"}}', '{"Connection": {"Name": NaN}}',
	"{'Connection': {}}", "\xef\xbb\xbf{}",
	' ', '{"a":' x 600 . '1' . '}' x 600)
{
	my $case = length $body > 60 ? '600 levels' : $body;

	answer($case, { kind => 'garbage', body => $body }, '08P01');
}

# Future additions of AWS are accepted.
foreach my $member (
	'"Name": 1', '"Name": ""',
	'"Status": "WONDERFUL"', '"CreationTime": "yesterday"',
	'"New": {"Deep": [{"er": [[[]]]}]}',
	'"ConnectionProperties": "none"', '"ConnectionProperties": {"a": 1}',
	'"CreationTime": 1763805600.123', '"MatchCriteria": {"a": "b"}')
{
	$glue->misbehave(
		operation => 'GetConnection',
		kind => 'garbage',
		body => "{\"Connection\": {$member}, \"More\": 1}");
	is( $session->query(
			"SELECT glue_get_connection('x')"
			  . " = '{$member}'")->output,
		't', "$member: is returned as it is");
}

# An invalid value must not be accepted.  033_bounded_answers.pl has others.
foreach my $member (
	'CreationTime": 1e300', 'LastUpdatedTime": -1',
	'ConnectionSchemaVersion": 2147483648', 'Status": 5',
	'Name": "' . 'n' x 256 . '"', 'New": 1e999', 'New": 1e-20000')
{
	my ($name) = $member =~ /^(\w+)/;

	answer(substr($member, 0, 40),
		{ kind => 'garbage', body => "{\"Connection\": {\"$member}}" },
		'08P01', qr/: \$\.Connection\.$name (must|is)/);
}

# A character that jsonb cannot hold
$glue->misbehave(
	operation => 'GetConnection',
	kind => 'garbage',
	body => '{"Connection": {"Name": "a\u0000b"}}');
my $result = $session->query(get_sql('x'));
isnt($result->sqlstate, '00000', 'U+0000 in a string is an error');
unlike($result->sqlstate, qr/^XX/, 'but not one of ours');

#
# Pages of others
#

foreach my $status (400, 403, 404, 407, 413, 418, 502, 503)
{
	answer(
		"a page with status $status",
		{
			kind => 'error',
			form => 'html',
			status => $status,
			message => 'Go & <b>away</b>'
		},
		'38000',
		qr/HTTP status $status/);
}
answer('nothing at all with status 404',
	{ kind => 'error', form => 'empty', status => 404 },
	'38000', qr/HTTP status 404/);
answer(
	'XML',
	{
		kind => 'error',
		form => 'xml',
		status => 403,
		code => 'AccessDenied',
		message => 'No <entry> & no exit'
	},
	'42501',
	qr/No <entry> & no exit/);
answer('a page with status 200',
	{ kind => 'error', form => 'html', status => 200, message => 'Welcome' },
	'08P01', qr/HTTP status 200/);
answer(
	'XML with an entity attack',
	{
		kind => 'garbage',
		status => 400,
		body => '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">'
		  . join('',
			map { '<!ENTITY a' . $_ . ' "' . '&a;' x 10 . '">' } 1 .. 50)
		  . '<!ENTITY file SYSTEM "file:///etc/passwd">]>'
		  . '<ErrorResponse><Error><Code>X</Code>'
		  . '<Message>&file;&a1;</Message></Error></ErrorResponse>'
	},
	'38000',
	qr/^(?!.*root:)/s);

#
# Texts of errors
#

my %texts = (
	'control characters' => "a\x01b\x1b[31mc\x7fd\x{85}e\nf\tg\rh\x{2028}i",
	'a long text' => 'x' x 200_000,
	'a text of wide characters' => "\x{1f511}" x 5000,
	'an empty text' => '',
	'percent signs' => '%s%s%s%n%n%n %1$s',
	'quotes' => q(It's "that" \ $1));
foreach my $case (sort keys %texts)
{
	answer(
		$case,
		{
			kind => 'error',
			code => 'InvalidInputException',
			message => $texts{$case}
		},
		'22023');
}
like(
	answer('percent signs again',
		{ kind => 'error', code => 'InvalidInputException',
			message => $texts{'percent signs'} },
		'22023')->detail,
	qr/\Q$texts{'percent signs'}\E/,
	'a text is no format');

foreach my $code (
	"Bad\nCode", 'x' x 5000, '../../x', 'a b c', "Caf\x{e9}", '%n%n', '"')
{
	answer('code ' . (length $code > 20 ? 'xxx...' : json_text($code)),
		{ kind => 'error', code => $code, message => 'x' }, '38000');
}

#
# Headers
#

my %valid = (operation => 'GetConnection', kind => 'headers');
foreach my $headers (
	{ 'Content-Type' => undef },
	{ 'Content-Type' => 'text/plain' },
	{ 'Content-Type' => 'application/json; charset=latin1' },
	{ 'x-amzn-RequestId' => undef },
	{ 'x-amzn-RequestId' => 'x' x 5000 },
	{ Date => undef },
	{ Date => 'yesterday' },
	{ Date => 'Sun, 99 Xyz 99999 99:99:99 GMT' },
	{ map { ("X-Flood-$_" => 'y' x 100) } 1 .. 500 })
{
	my ($name) = sort keys %$headers;

	$glue->misbehave(%valid, headers => $headers);
	is($session->query(get_sql('x'))->sqlstate, '00000',
		"header $name: is accepted");
}

# libcurl has limits of its own for these, which differ from version to version.
foreach my $headers (
	{ 'X-Long' => 'x' x 200_000 },
	{ map { ("X-Flood-$_" => 'y' x 600) } 1 .. 600 })
{
	my ($name) = sort keys %$headers;

	$glue->misbehave(%valid, headers => $headers);
	like($session->query(get_sql('x'))->sqlstate,
		qr/^(00000|08006)$/, "header $name, far too much: is handled");
}

# The limit is ours, and applies to all headers, in any part of the answer;
# otherwise the answer is valid.
my $too_many = qr/the headers of the answer are larger than 256 kB/;
foreach my $form ('interim', 'headers', 'trailers')
{
	answer("a flood of $form", { kind => 'flood', form => $form }, '08006',
		$too_many);
}
foreach my $form ('interim', 'trailers')
{
	$glue->misbehave(operation => 'CreateConnection', kind => 'flood',
		form => $form);
	is($session->query(create_sql(jdbc($form)))->output, 'READY',
		"a flood of $form after a creation: it is read back");
	is($glue->created($form), 1, "a flood of $form after a creation: made once");
}

# A request ID comes into messages.
$result = answer(
	'a request ID of nonsense',
	{
		kind => 'error',
		code => 'InvalidInputException',
		message => 'x',
		headers => { 'x-amzn-RequestId' => "\x01\x1b[31m\x7f" . 'x' x 5000 }
	},
	'22023');

#
# Redirects
#

# A signed message must not go anywhere else.
my $elsewhere = GlueConn::LocalGlue->new->start;
foreach my $status (301, 302, 303, 307, 308)
{
	answer(
		"redirect $status",
		{
			kind => 'redirect',
			status => $status,
			location => $elsewhere->url . '/'
		},
		'38000',
		qr/HTTP status $status/);
}
is($elsewhere->counters->{tcp_connections}, 0, 'no redirect is followed');
$elsewhere->stop;

#
# Statuses
#

foreach my $status (201, 204, 299, 304, 399, 401, 599)
{
	$glue->misbehave(
		operation => 'GetConnection',
		kind => 'garbage',
		form => 'text',
		status => $status);
	my $result = $session->query(get_sql('x'));
	like($result->sqlstate, qr/^(08P01|38000|08006|08000)$/,
		"status $status with a text: an error");
	is($session->query(get_sql('x'))->sqlstate,
		'00000', "status $status: the backend continues");
}

#
# In pieces
#

foreach my $pieces (
	{ piece_size => 1 },
	{ piece_size => 1, chunked => \1 },
	{ piece_size => 7, piece_delay_ms => 2, body_delay_ms => 100 })
{
	$glue->misbehave(operation => 'GetConnection', kind => 'slow', %$pieces);
	is( json_value($session->must(get_sql('x'))->output)->{Name},
		'x',
		'an answer in pieces: ' . join ' ', sort keys %$pieces);
}

is($session->must('SELECT pg_backend_pid()')->output,
	$pid, 'all of this was the same backend');
$session->quit;
$cluster->finish;
done_testing();
