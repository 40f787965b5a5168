# Copyright (c) 2026, glue_conn contributors
#
# Secrets are never disclosed.
#
# Every secret in this test contains one word, and all output of the extension
# is searched for that word at the end: psql's output, the server's log, the
# data directory with its WAL, a dump.  To maximize the output, messages of all
# levels are logged and sent, calls of every kind are made, and AWS quotes
# every input.
#
# The server's own logging of statements is off, because the administrator
# decides about it; see docs/security.md.

use strict;
use warnings;

use File::Find;
use GlueConn::Cluster;
use GlueConn::Inputs;
use GlueConn::Ways;
use JSON::PP;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(time);

# The word, and one that must be found, to know that the search works.
my $word = 'mArKeR';
my $public = 'pUbLiC';

my $secret_key = "$word/SecretAccessKey+0123456789abcdefghi";
my $token = "$word" . '//SessionToken+' x 20 . '==';

my $cluster = GlueConn::Cluster->start(
	environment => {
		AWS_ACCESS_KEY_ID => 'AKIAPUBLIC',
		AWS_SECRET_ACCESS_KEY => $secret_key,
		AWS_SESSION_TOKEN => $token
	},
	conf => <<'CONF');
log_statement = none
log_min_error_statement = panic
log_error_verbosity = verbose
glue_conn.max_attempts = 2
CONF
my $glue = $cluster->glue;
my $session = new_session();
my $said = '';
my $number = 0;

# The local Glue knows the word that the extension uses, too.
$glue->add_credentials(
	access_key => 'AKIAPUBLIC',
	secret_key => $secret_key,
	token => $token);

# The postmaster would log its whole environment at such a level.
sub new_session
{
	return $cluster->session(
		settings => {
			log_min_messages => 'debug5',
			client_min_messages => 'debug5'
		});
}

# Run a statement, keep all output, and return the result.
sub run
{
	my ($sql) = @_;
	my $result = $session->query($sql);

	$said .= $result->output . "\n" . $result->text . "\n";
	return $result;
}

# An input that has a secret wherever one can be.
sub input
{
	my %members = @_;
	my $name = "$public " . ++$number;
	my $input = everything($name);

	# "Secret-" is in every value that everything() knows to be secret
	my $text = json_text($input);
	$text =~ s/Secret-/$word-/g;
	$text =~ s/SecretHead|SecretBody/$word/g;
	$input = json_value($text);

	%{ $input->{ConnectionProperties} } = (
		%{ $input->{ConnectionProperties} },
		JDBC_CONNECTION_URL => "jdbc:postgresql://user:$word\@db.example/x"
		  . "?user=me&password=$word&sslmode=require",
		CONNECTION_URL => "mongodb://user:$word\@db.example/x",
		CONNECTOR_URL => "jdbc:oracle:thin:user/$word\@db.example:1521:x",
		ENDPOINT => "https://api.example/?token=$word",
		PASSWORD => qq(<$word> "quoted"\\back/slash \x{e9}\x{1f511} & more),
		ENCRYPTED_PASSWORD => "$word==",
		KAFKA_CLIENT_KEYSTORE_PASSWORD => $word x 5,
		KAFKA_CLIENT_KEY_PASSWORD => "$word 2",
		KAFKA_SASL_SCRAM_PASSWORD => "$word 3",
		ENCRYPTED_KAFKA_SASL_PLAIN_PASSWORD => "$word 4",
		myApiKey => "$word 5",
		client_secret => "$word 6",
		SparkProperties => json_text({
				sfUser => 'me',
				sfPassword => "$word 7",
				nested => { list => [ { accessToken => "$word 8" } ] }
			}),
		PythonProperties => qq({"a": {"pem_private_key": "$word 9"}));
	$input->{SparkProperties} = {
		'spark.cosmos.accountKey' => "$word 10",
		options => json_text({ password => "$word 11" })
	};
	$input->{AthenaProperties} = { secret => "$word 12" };
	return { %$input, %members };
}

#
# Calls that succeed
#

my $input = input();
is(run(create_sql($input, tags => { team => $public }))->output,
	'READY', 'an input full of secrets');
my $first = $input->{Name};
is_deeply($glue->connection($first)->{definition},
	$input, 'AWS gets them, all of them');

$glue->set(hide_password => 'none');
like(run(get_sql($first))->output, qr/\Q$first\E/,
	'a connection is read from an AWS that shows them');
$glue->set(hide_password => 'all');

# The same for changes, comparisons and lists of connections.
$input->{Description} = 'changed';
run('SELECT glue_update_connection(' . literal($first) . ', '
	  . literal(json_text($input)) . ')');
is_deeply($glue->connection($first)->{definition},
	$input, 'an update reaches AWS, with all secrets');
is(run(create_sql($input, on_conflict => 'adopt'))->output,
	'READY', 'it is adopted');
like(
	run(create_sql(
			{ %$input, SparkProperties => { sfPassword => "$word 13" } },
			on_conflict => 'adopt'))->detail,
	qr/SparkProperties/,
	'unless it is different');
is(run(create_sql($input, on_conflict => 'update'))->output,
	'READY', 'it is updated');
my %bare = %$input;
$bare{ConnectionProperties} = { JDBC_CONNECTION_URL => 'jdbc:mysql://h/d' };
is(run('SELECT glue_update_connection(' . literal($first) . ', '
		  . literal(json_text(\%bare)) . ')')->sqlstate,
	'22023', 'an update that would wipe out secrets is refused');
foreach my $hidden (qw(none all))
{
	$glue->set(hide_password => $hidden);
	$glue->put_connection(input => input());
	like(run('SELECT glue_get_connections()')->output, qr/$public/,
		'connections are listed');
	run('SELECT * FROM glue_connection_drift()');
	like(run('SELECT * FROM glue_sync_connections()')->output, qr/added/,
		'and recorded');
}
$glue->misbehave(operation => 'UpdateConnection', kind => 'echo');
is(run('SELECT glue_update_connection(' . literal($first) . ', '
		  . literal(json_text($input)) . ')')->sqlstate,
	'22023', 'AWS quotes an update');

# And for tests of connections.
my %tested = map { $_ => $input->{$_} }
  qw(ConnectionType ConnectionProperties AuthenticationConfiguration);
my $tested = literal(json_text(\%tested));
is(run("SELECT glue_test_connection(test_connection_input => $tested)")
	  ->sqlstate, '00000', 'a definition is tested');
is(run("SELECT glue_test_connection($tested)")->sqlstate,
	'22023', 'one in the place of a name is refused');
$glue->misbehave(operation => 'TestConnection', kind => 'echo');
like(run("SELECT glue_test_connection(test_connection_input => $tested)")
	  ->detail, qr/\*{8}/, 'AWS quotes a test');

my $json = literal(json_text($input));
like(run("SELECT glue_redact($json)")->output, qr/\*{8}/, 'redacted');
run("SELECT * FROM glue_validate_connection_input($json)");
run("SELECT glue_is_valid_connection_input($json)");
run('SELECT * FROM glue_connection');

foreach my $kind (qw(lost-after truncated))
{
	$glue->misbehave(operation => 'CreateConnection', kind => $kind);
	is(run(create_sql(input()))->output, 'READY', "$kind: read back");
}

#
# Calls that are refused here
#

# Each of these has something wrong with a secret, or near one.
my %wrong = (
	'a secret that is too long' =>
	  { ConnectionProperties => { PASSWORD => $word x 200 } },
	'a secret that is no string' =>
	  { ConnectionProperties => { PASSWORD => { $public => $word } } },
	'a secret in a list' =>
	  { ConnectionProperties => { PASSWORD => [ $word, $word ] } },
	'a secret of the wrong alphabet' => {
		AuthenticationConfiguration => {
			OAuth2Properties =>
			  { OAuth2Credentials => { AccessToken => "$word \x{e9}" } }
		}
	},
	'a token that is none' => {
		AuthenticationConfiguration => {
			OAuth2Properties => { OAuth2Credentials => { JwtToken => $word } }
		}
	},
	'a code with a blank' => {
		AuthenticationConfiguration => {
			OAuth2Properties => {
				AuthorizationCodeProperties =>
				  { AuthorizationCode => "$word x" }
			}
		}
	},
	'a map that is none' => {
		AuthenticationConfiguration =>
		  { CustomAuthenticationCredentials => $word }
	},
	'a secret under an unknown name' => { DbPasswd => $word },
	'a secret under a name in lower case' =>
	  { ConnectionProperties => { password => $word x 200 } },
	'a URL that is too long' => {
		ConnectionProperties => {
			JDBC_CONNECTION_URL =>
			  "jdbc:postgresql://user:$word\@x/?password=" . $word x 200
		}
	},
	'a token URL with a secret' => {
		AuthenticationConfiguration => {
			OAuth2Properties =>
			  { TokenUrl => "ftp://user:$word\@login.example/" }
		}
	},
	'a secret as type' => { ConnectionType => { PASSWORD => $word } });
foreach my $case (sort keys %wrong)
{
	my $wrong = literal(json_text(input(%{ $wrong{$case} })));
	my $watch = $cluster->watch;

	is(run("SELECT glue_create_connection($wrong)")->sqlstate,
		'22023', "$case is refused");
	is($watch->sent, 0, 'and not sent');
	like(
		run("SELECT * FROM glue_validate_connection_input($wrong)")->output,
		qr/\|error$/m, 'with its reasons');
	run("SELECT glue_redact($wrong)");
}

#
# Calls that are refused there
#

# AWS quotes the message: as it came, in Java's way, and with the quotation cut
# off at any length.
my $quoted = 0;

sub refused_there
{
	my ($case, %rule) = @_;
	my $input = input();

	$glue->misbehave(operation => 'CreateConnection', %rule);
	my $result = run(create_sql($input));
	$glue->behave;
	isnt($result->sqlstate, '00000', "$case: an error");
	$quoted += () = $result->text =~ /\*{8}/g;
}

sub java
{
	my ($value) = @_;

	return '[' . join(', ', map { java($_) } @$value) . ']'
	  if ref $value eq 'ARRAY';
	return '{'
	  . join(', ', map { "$_=" . java($value->{$_}) } sort keys %$value)
	  . '}'
	  if ref $value eq 'HASH';
	return "$value";
}

refused_there('echo', kind => 'echo');
refused_there('Java', kind => 'error', code => 'ValidationException',
	message => 'Value ' . java(input()) . ' failed to satisfy constraint');
my $password = input()->{ConnectionProperties}{PASSWORD};
foreach my $form (
	$password,
	json_text($password),
	json_text(json_text($password)),
	json_text(input()),
	"Wrong: $password. " x 5)
{
	refused_there('text', kind => 'error', code => 'InvalidInputException',
		message => $form);
}

# A truncated quotation may end with a part of a secret.  So messages of many
# lengths are tried, around every possible limit, with secrets whose parts can
# still be found.
foreach my $length (20, 180, 240, 480, 500, 980, 1000, 2000 .. 2005, 2010,
	2020, 2030, 2040, 4060, 8160)
{
	refused_there("text after $length characters", kind => 'error',
		code => 'InvalidInputException',
		message => 'x' x $length . ' ' . $word x 5 . ", $password");
}

my %not_done = (times => 0, processed => \0);
refused_there('garbage', %not_done, kind => 'garbage',
	body => "no JSON: $password");
refused_there('JSON that is none', %not_done, kind => 'garbage',
	body => json_text([$password]));
refused_there("a page with status $_", %not_done, kind => 'error',
	form => 'html', status => $_, message => $password)
  foreach (200, 403, 404, 503);
refused_there('XML', kind => 'error', form => 'xml', status => 400,
	message => $password, code => 'InvalidInputException');
cmp_ok($quoted, '>', 20, 'AWS did quote, and the quotations were redacted');

# Lost answers, and another client's connections.
foreach my $kind (qw(lost-before reset-before stall redirect throttle))
{
	$session->must("SET glue_conn.request_timeout = '500ms'");
	$glue->misbehave(kind => $kind, times => 0,
		location => "https://user:$word\@elsewhere.example/");
	isnt(run(create_sql(input()))->sqlstate, '00000', "$kind: an error");
	$glue->behave;
	$session->must('RESET glue_conn.request_timeout');
}
$input = input();
$glue->put_connection(
	created => time + 2,		# so new that it could be ours
	input => {
		%$input,
		Description => 'theirs',
		ConnectionProperties => {
			JDBC_CONNECTION_URL => "jdbc:postgresql://other:$word\@x/y",
			PASSWORD => "$word theirs",
			myApiKey => "$word theirs"
		}
	});
$glue->misbehave(operation => 'CreateConnection', kind => 'lost-before');
my $result = run(create_sql($input));
is($result->sqlstate, '42710', 'a connection that differs');
like($result->detail, qr/\$\.Description/, 'where it does');
is(run(create_sql($input))->sqlstate, '42710', 'a connection that exists');

# A reason that quotes the password
$input = input();
$glue->misbehave(operation => 'CreateConnection', kind => 'lost-after');
$glue->misbehave(
	operation => 'GetConnection',
	kind => 'garbage',
	body => JSON::PP->new->ascii->encode({
			Connection => {
				%$input,
				Status => 'FAILED',
				StatusReason => "Refused were $word 2 and $password.",
				CreationTime => time
			}
		}));
is(run(create_sql($input))->output, 'FAILED',
	'the reason of a failure quotes the fault');
like($cluster->row($input->{Name})->{status_reason} // '',
	qr/^Refused were /, 'and is recorded');

#
# Requests that are carried out after commit
#

my $keys = PostgreSQL::Test::Utils::tempdir() . '/key';

append_to_file($keys, '0123456789abcdef' x 4 . "\n");
chmod 0600, $keys or die "could not chmod $keys: $!\n";

# Process the queue; returns the state of the latest request.
sub work
{
	run("UPDATE glue_request SET next_attempt_at = now() WHERE state = 'queued'");
	run('CALL glue_process_requests()');
	run('SELECT * FROM glue_request');
	return run('SELECT state FROM glue_request ORDER BY id DESC LIMIT 1')->output;
}

# The row itself is where it was put; a temporary table stays in memory.
run('CREATE TEMP TABLE source (connection_input jsonb)');
run(trigger_sql('source'));

sub change_row
{
	return run('UPDATE source SET connection_input = ' . literal(json_text($_[0])));
}

run('INSERT INTO source VALUES (NULL)');
is(run(enqueue_create_sql(input()))->sqlstate, '55000', 'a request is refused without a key');
is(change_row(input())->sqlstate, '55000', 'and so is a row');

$cluster->configure($session, 'glue_conn.secret_key_file' => $keys);
$input = input();
is(run(enqueue_create_sql($input))->sqlstate, '00000', 'but not with one');
is(work(), 'succeeded', 'it is carried out');
is_deeply($glue->connection($input->{Name})->{definition}, $input, 'with all secrets');
$input->{Description} = 'changed';
run(enqueue_update_sql($input));
is(work(), 'succeeded', 'an update is');
is_deeply($glue->connection($input->{Name})->{definition}, $input, 'with all secrets');

is(change_row($input = input())->sqlstate, '00000', 'a row with secrets');
is(work(), 'succeeded', 'is provisioned');
change_row({ %$input, Description => 'changed' });
is(work(), 'succeeded', 'and updated');
is($glue->connection($input->{Name})->{definition}{Description}, 'changed', 'with secrets');
is(change_row({ %$input, ConnectionProperties => { PASSWORD => [ $word, $word ] } })
	  ->sqlstate, '22023', 'a row that is wrong is refused');
change_row(input());
is(work(), 'succeeded', 'a row that gets another name');
$session->must('DELETE FROM source');
is(work(), 'succeeded', 'and that is deleted');

# AWS's quotation is stored with the request.
$glue->misbehave(operation => 'CreateConnection', kind => 'echo');
run(enqueue_create_sql(input()));
is(work(), 'failed', 'AWS quotes a message');
like(run('SELECT error_message FROM glue_request ORDER BY id DESC LIMIT 1')->output,
	qr/\*{8}/, 'and the quotation is redacted');
run(enqueue_create_sql($input = input()));
work();
is(run(enqueue_create_sql({ %$input, SparkProperties => { sfPassword => "$word 14" } },
		on_conflict => 'adopt'))->sqlstate, '00000', 'an existing one with other secrets');
is(work(), 'failed', 'is not adopted');

# Some are left open: without a key, in progress, put off.
$glue->misbehave(operation => 'CreateConnection', kind => 'error', code => 'RequestTimeoutException', status => 400, times => 0);
run(enqueue_create_sql(input()));
is(work(), 'queued', 'a request that is put off');
$glue->behave;
unlink $keys;
is(work(), 'queued', 'and lacks its key then');
like(run('SELECT error_message FROM glue_request ORDER BY id DESC LIMIT 1')->output,
	qr/secret key file/, 'which is why it waits');
is($session->must('SELECT count(*) FROM glue_request_secret')
	  ->output, 1, 'with its secrets');
run('SELECT * FROM glue_request_summary');

#
# The credentials of the message
#

my $last = $cluster->glue->counters->{requests};
my ($request) = $glue->requests(since => $last - 1);
is($request->{headers}{'x-amz-security-token'},
	$token, 'a session token is sent');
refused_there('credentials in a text', kind => 'error',
	code => 'InvalidSignatureException',
	message => "key $secret_key token $token");

# With a wrong secret, AWS quotes the canonical request, and so the token.
$session->quit;
$cluster->restart(
	AWS_ACCESS_KEY_ID => 'AKIAPUBLIC',
	AWS_SECRET_ACCESS_KEY => "$secret_key wrong" =~ s/ /-/r,
	AWS_SESSION_TOKEN => $token);
$session = new_session();
$result = run(get_sql('x'));
is($result->sqlstate, '28000', 'a wrong secret access key');
like($result->detail, qr/signature we calculated does not match/,
	'AWS says so, with more than need be known');

$cluster->restart(
	AWS_ACCESS_KEY_ID => "$word\n",
	AWS_SECRET_ACCESS_KEY => "$word\n",
	AWS_SESSION_TOKEN => "$word\n");
$session->quit;
$session = new_session();
is(run(get_sql('x'))->sqlstate, '28000', 'credentials that cannot be');
my $directory = PostgreSQL::Test::Utils::tempdir();
append_to_file("$directory/broken",
	"[default]\naws_access_key_id = AKIA\naws_secret_access_key: $word\n");
$session->must("SET glue_conn.credentials_file = '$directory/broken'");
$session->must("SET glue_conn.profile = 'default'");
is(run(get_sql('x'))->sqlstate, '28000', 'a file that is not well-formed');

# A proxy may ask for a password.
$session->must('RESET glue_conn.profile');
$session->quit;
$cluster->restart(
	AWS_ACCESS_KEY_ID => $glue->access_key,
	AWS_SECRET_ACCESS_KEY => $glue->secret_key);
$session = new_session();
$session->must("SET glue_conn.proxy = 'http://user:$word\@127.0.0.1:1'");
is(run(get_sql('x'))->sqlstate, '08001', 'a proxy that is not there');
$session->must(
	"SET glue_conn.proxy = 'http://user:$word\@" . 'x' x 64 . ".invalid:1'");
is(run(get_sql('x'))->sqlstate, '08001', 'a proxy without an address');
$session->must('RESET glue_conn.proxy');

#
# The search
#

# Look for the word in a text; report the places alone.
sub clean
{
	my ($text, $what) = @_;
	my @places = $text =~ /(.{0,60}$word.{0,20})/g;

	is(scalar @places, 0, "$what: no secret")
	  or diag(join "\n", @places[ 0 .. ($#places < 9 ? $#places : 9) ]);
	like($text, qr/$public/, "$what: something was to be seen");
}

$session->quit;
$cluster->node->safe_psql('postgres',
	'CHECKPOINT; SELECT pg_switch_wal(); CHECKPOINT');

clean($said, 'the output of psql');
like($said, qr/^(?:psql\S+ )?DEBUG:  /m, 'with messages of all levels');

my $log = slurp_file($cluster->node->logfile);
clean($log, 'the log');
like($log, qr/ DEBUG:  /, 'with messages of all levels');

my ($dump) = run_command(
	[ 'pg_dump', '-d', $cluster->node->connstr('postgres') ]);
clean($dump, 'a dump');

my @leaks;
my %found;
find(
	sub {
		return if !-f $_;
		my $content = slurp_file($_);
		my ($area) =
		  $File::Find::name =~ m{/pgdata/(base|pg_wal)/} ? $1 : 'rest';

		push @leaks, $File::Find::name if index($content, $word) >= 0;
		$found{$area} = 1 if index($content, $public) >= 0;
	},
	$cluster->node->data_dir);
is_deeply(\@leaks, [], 'the data directory: no secret in any file');
is(join(' ', grep { $_ ne 'rest' } sort keys %found),
	'base pg_wal', 'the data directory: tables and WAL were searched');

$cluster->finish;
done_testing();
