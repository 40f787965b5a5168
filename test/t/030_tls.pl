# Copyright (c) 2026, glue_conn contributors
#
# TLS: we send messages only to a verified server.
#
# A server without a valid certificate receives nothing: no message, and so
# neither the password in it nor the signature.  There is no retry either,
# because the certificate would be the same a moment later.  The error has the
# reason.
#
# A handshake that ends without a verdict on the certificate is different: an
# unsupported version of TLS cannot be distinguished from a server that has
# gone away.  So it is retried, and the number of retries does not matter here.

use strict;
use warnings;

use GlueConn::Cluster;
use GlueConn::Inputs;
use GlueConn::LocalGlue;
use PostgreSQL::Test::Utils;
use Socket;
use Test::More;

my $cluster = GlueConn::Cluster->start;
my $glue = $cluster->glue;

# Have a call fail before it is sent.
sub not_sent
{
	my ($case, $reason, $settings) = @_;
	my $watch = $cluster->watch;
	my $result = $cluster->query(create_sql(jdbc('x')),
		settings => $settings || {});

	is($result->sqlstate, '08001', "$case: SQLSTATE");
	is( $result->message,
		'could not create AWS Glue connection "x": could not connect',
		"$case: message");
	like($result->detail, $reason, "$case: reason");
	like($result->hint, qr/"glue_conn\.ca_file"/, "$case: hint");
	is($watch->sent, 0, "$case: nothing was sent");
	return $result;
}

# The same at the first attempt, and not tried again.
sub refused
{
	my ($case, $reason, $settings) = @_;
	my $watch = $cluster->watch;
	my $result = not_sent($case, $reason, $settings);

	unlike($result->detail, qr/attempt/, "$case: it was tried once");
	is($watch->connections, 1, "$case: as the server says, too");
	return;
}

#
# Certificates
#

my %certificates = (
	'unknown-ca' => qr/unable to get local issuer certificate/,
	'self-signed' => qr/self[- ]signed certificate/,
	'expired' => qr/certificate has expired/,
	'wrong-host' => qr/no alternative certificate subject name matches/);
foreach my $certificate (sort keys %certificates)
{
	$glue->set(certificate => $certificate);
	refused($certificate, $certificates{$certificate});
}
$glue->set(certificate => 'good');

# The name must be the one that was asked for: the certificate is for localhost
# and for 127.0.0.1, and nothing is for 127.0.0.2.
is( $cluster->query(
		create_sql(jdbc('by address')),
		settings => {
			'glue_conn.endpoint_url' => 'https://127.0.0.1:' . $glue->port
		})->output,
	'READY',
	'a certificate for an address');

# A CA file that has no certificate of this server, or none at all
my $directory = PostgreSQL::Test::Utils::tempdir();
my $stranger = GlueConn::LocalGlue->new->start;
refused('the CA of somebody else', qr/issuer certificate|self[- ]signed/,
	{ 'glue_conn.ca_file' => $stranger->ca_file });
$stranger->stop;

append_to_file("$directory/empty", '');
append_to_file("$directory/text", "no certificate\n");
foreach my $name (qw(missing empty text))
{
	my $watch = $cluster->watch;
	my $result = $cluster->query(create_sql(jdbc('x')),
		settings => { 'glue_conn.ca_file' => "$directory/$name" });

	is($result->sqlstate, '08001', "a CA file that is $name");
	like($result->detail, qr/certificate|trust anchors/, 'is reported');
	unlike($result->detail, qr/attempt/, 'after one attempt');
	is($watch->sent, 0, 'and nothing is sent');
}

# The system's certificates do not know the local Glue.
refused('the CAs of the system', qr/issuer certificate|self[- ]signed/,
	{ 'glue_conn.ca_file' => '' });

# AWS's own tools use AWS_CA_BUNDLE.
$cluster->restart(
	AWS_ACCESS_KEY_ID => $glue->access_key,
	AWS_SECRET_ACCESS_KEY => $glue->secret_key,
	AWS_CA_BUNDLE => $glue->ca_file);
is( $cluster->query(
		get_sql('by address'), settings => { 'glue_conn.ca_file' => '' })
	  ->sqlstate,
	'00000',
	'the CA file from the environment');

#
# Versions
#

foreach my $version ('1.0', '1.1')
{
	$glue->set(tls_max => $version);
	not_sent("TLS $version", qr/protocol|SSL|TLS/);
}
foreach my $version ('1.2', '1.3')
{
	$glue->set(tls_max => $version);
	my $watch = $cluster->watch;
	is($cluster->query(get_sql('by address'))->sqlstate,
		'00000', "TLS $version");
	is(($watch->requests)[0]{tls}, "TLSv$version", 'is used');
}

#
# No TLS
#

my $session = $cluster->session;
$session->must("LOAD 'glue_conn'");
foreach my $url (
	'http://glue.us-east-1.amazonaws.com', 'http://192.0.2.1',
	'http://localhost.example.com', 'http://127.0.0.1.example.com',
	'http://127.0.0.1@example.com', 'http://[2001:db8::1]',
	'http://0x7f000001.example', 'HTTP://example.com',
	'ftp://localhost', 'file:///etc/passwd',
	'//localhost', 'localhost',
	'https://user:word@localhost', 'https://localhost?query')
{
	my $result = $session->query(
		'SET glue_conn.endpoint_url = ' . literal($url));
	is($result->sqlstate, '22023', "$url: is refused");
	like($result->message, qr/^invalid value for parameter/,
		"$url: as a setting");
}
foreach my $url (
	'http://localhost:1', 'http://127.0.0.1:1', 'http://127.1.2.3',
	'http://[::1]:1', 'https://example.com', 'https://[2001:db8::1]:8443')
{
	is($session->query('SET glue_conn.endpoint_url = ' . literal($url))
		  ->sqlstate, '00000', "$url: is accepted");
}
$session->quit;

# The same where the setting was made before the library was loaded
my $result = $cluster->query(get_sql('x'),
	settings => { 'glue_conn.endpoint_url' => 'http://192.0.2.1' });
like($result->text, qr/invalid value for parameter "glue_conn.endpoint_url"/,
	'http is refused at the start of a session, too');

# A server that speaks something else
$glue->misbehave(
	operation => 'Connection.Handshake',
	kind => 'garbage',
	form => 'text',
	times => 0);
my $watch = $cluster->watch;
$result = $cluster->query(create_sql(jdbc('x')));
is($result->sqlstate, '08001', 'a server that speaks something else');
is($watch->sent, 0, 'is sent nothing');
$glue->behave;

# A server that waits for a message without TLS
my $plain = GlueConn::LocalGlue->new(options => ['--plain-http'])->start;
$result = $cluster->query(create_sql(jdbc('x')),
	settings => {
		'glue_conn.endpoint_url' => 'https://localhost:' . $plain->port,
		'glue_conn.connect_timeout' => '500ms',
		'glue_conn.max_attempts' => 1
	});
is($result->sqlstate, '08000', 'a server that waits for something else');
like($result->detail, qr/while connecting/, 'is not connected to');
is($plain->counters->{requests}, 0, 'and is sent nothing');
$result = $cluster->query(create_sql(jdbc('plain')),
	settings => { 'glue_conn.endpoint_url' => $plain->url });
is($result->output, 'READY', 'but one on a loopback address needs no TLS');
$plain->stop;

$cluster->finish;
done_testing();
