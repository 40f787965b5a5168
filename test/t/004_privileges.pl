# Copyright (c) 2026, glue_conn contributors
#
# Privileges.
#
# A role with EXECUTE on a function that calls AWS acts with the server's own
# credentials.  So no role has it by default.  A role that was granted it needs
# no privileges on the table, and gets none.  Only a superuser decides the
# destination of credentials and passwords.

use strict;
use warnings;

use GlueConn::Cluster;
use GlueConn::Inputs;
use Test::More;

my $cluster = GlueConn::Cluster->start;
my $glue = $cluster->glue;
my $admin = $cluster->session;

$admin->must(<<'SQL');
CREATE ROLE plain LOGIN;
CREATE ROLE granted LOGIN;
GRANT EXECUTE ON FUNCTION
	glue_create_connection(jsonb, jsonb, text, name, text),
	glue_get_connection(text, text, name) TO granted;
SQL
my $plain = $cluster->session(user => 'plain');
my $granted = $cluster->session(user => 'granted');

# Expect a statement to be denied, and nothing to be sent.
sub denied
{
	my ($session, $what, $sql, $message) = @_;
	my $watch = $cluster->watch;
	my $result = $session->query($sql);

	is($result->sqlstate, '42501', "$what: is denied");
	like($result->message, $message // qr/^permission denied/,
		"$what: for this reason");
	is($watch->sent, 0, "$what: nothing was sent");
}

#
# Functions and the table
#

denied($plain, 'creating, by a plain role', create_sql(jdbc('x')),
	qr/^permission denied for function glue_create_connection$/);
denied($plain, 'reading, by a plain role', get_sql('x'),
	qr/^permission denied for function glue_get_connection$/);
denied($plain, 'the table, by a plain role', 'TABLE glue_connection');

is($plain->must("SELECT glue_is_valid_connection_input('{}')")->output,
	'f', 'everyone may validate');
is( $plain->must('SELECT count(*) > 0'
		  . " FROM glue_validate_connection_input('{}')")->output,
	't',
	'everyone may ask for the reasons');
is( json_value(
		$plain->must("SELECT glue_redact('{\"Password\": \"x\"}')")->output)
	  ->{Password},
	'********',
	'everyone may redact');

is($granted->must(create_sql(jdbc('granted')))->output,
	'READY', 'a role with the grant may create');
is($cluster->row('granted')->{recorded_by}, 'granted', 'as himself');
is(json_value($granted->must(get_sql('granted'))->output)->{Name},
	'granted', 'and read from AWS');
denied($granted, $_, $_)
  foreach (
	'TABLE glue_connection',
	"INSERT INTO glue_connection (region, name, recorded_at, recorded_by)"
	  . " VALUES ('r', 'n', now(), 'me')",
	"UPDATE glue_connection SET status = 'FAILED'",
	'DELETE FROM glue_connection',
	'TRUNCATE glue_connection');
is($granted->must('SELECT current_user, session_user')->output,
	'granted|granted', 'a call does not change the role');

# ... also after one that failed while acting as the owner.
$admin->must(<<'SQL');
CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS
	$$ BEGIN RAISE 'refused for %', current_user; END $$;
CREATE TRIGGER refuse BEFORE INSERT ON glue_connection
	FOR EACH ROW EXECUTE FUNCTION refuse();
SQL
my $result = $granted->query(create_sql(jdbc('refused')));
my $owner = $admin->must('SELECT current_user')->output;
is($result->message, "refused for $owner", 'the record is the owner\'s');
is($granted->must('SELECT current_user')->output,
	'granted', 'which ends with the error');
$granted->must('BEGIN; SAVEPOINT s');
$granted->query(create_sql(jdbc('refused too')));
is($granted->must('ROLLBACK TO s; SELECT current_user; COMMIT')->output,
	'granted', 'and with the savepoint');
$admin->must('DROP TRIGGER refuse ON glue_connection');

#
# Settings
#

my @reserved = qw(endpoint_url profile config_file credentials_file
  ca_file proxy);
foreach my $name (@reserved)
{
	denied($granted, "SET glue_conn.$name", "SET glue_conn.$name = ''",
		qr/^permission denied to set parameter "glue_conn\.$name"$/);
}
denied($granted, "SHOW glue_conn.$_", "SHOW glue_conn.$_",
	qr/examine "glue_conn\.$_"/)
  foreach qw(config_file credentials_file proxy);
is($granted->must("SET glue_conn.$_ = DEFAULT; SELECT 1")->output,
	1, "$_ is for everyone")
  foreach qw(region connect_timeout request_timeout max_attempts
  use_fips_endpoint use_dualstack_endpoint allow_unknown_members);

# Before the library is loaded, anybody can make any setting; that must not
# count, and least of all lead back to a default.
my $trap = GlueConn::LocalGlue->new->start;
my %elsewhere = (
	'glue_conn.endpoint_url' => $trap->url,
	'glue_conn.ca_file' => $trap->ca_file);
my $session = $cluster->session(user => 'granted', settings => \%elsewhere);
$result = $session->query(get_sql('granted'));
like($result->text, qr/permission denied to set parameter/,
	'a setting from the start of a session is not for everyone');
like($result->sqlstate, qr/^(00000|42501)$/,
	'and does not change the destination');
$session->quit;

$session = $cluster->session(user => 'granted');
$session->must("SET $_ = '$elsewhere{$_}'") foreach sort keys %elsewhere;
$session->must(get_sql('granted'));
is($session->must('SHOW glue_conn.endpoint_url')->output,
	$glue->url, 'nor does one that is made before the first call');
$session->quit;
is($trap->counters->{tcp_connections}, 0, 'nothing was sent there');
$trap->stop;

$result = $cluster->query("SET glue_conn.nonsense = 1; "
	  . get_sql('granted') . '; SET glue_conn.nonsense2 = 1');
is($result->sqlstate, '42602', 'a setting that does not exist');

#
# Names that mean something else
#

# The table is the extension's, even if the caller has another one of that
# name.
$admin->must('GRANT CREATE ON DATABASE postgres TO granted');
$granted->must(<<'SQL');
CREATE SCHEMA mine;
CREATE TABLE mine.glue_connection (region text, name text);
CREATE FUNCTION mine.quote_ident(text) RETURNS text
	LANGUAGE sql AS 'SELECT 1/0';
SET search_path = mine, public, pg_catalog;
SQL
$granted->must(create_sql(jdbc('hijacked')));
is($granted->must('SELECT count(*) FROM mine.glue_connection')->output,
	0, 'a table of the same name');
is($cluster->row('hijacked')->{name}, 'hijacked', 'gets nothing');

# ... and its schema may have any name but those that PostgreSQL refuses.
$admin->must('CREATE DATABASE other');
my $other = $cluster->session(database => 'other');
$other->must('CREATE SCHEMA "Odd, schema."'
	  . '; CREATE EXTENSION glue_conn SCHEMA "Odd, schema."');
$other->must('SET search_path = public; SELECT "Odd, schema."'
	  . substr(create_sql(jdbc('odd')), 7) =~ s/^/./r);
is( $other->must('SELECT name FROM "Odd, schema.".glue_connection')->output,
	'odd',
	'an extension in a schema of its own');
is( $other->must('SELECT name FROM pg_extension e JOIN pg_namespace n'
		  . ' ON n.oid = extnamespace,'
		  . ' LATERAL (SELECT nspname AS name) x'
		  . " WHERE extname = 'glue_conn'")->output,
	'Odd, schema.',
	'which is where it is');

# The plan is made anew for an extension that was made anew.
$other->must('DROP EXTENSION glue_conn; CREATE EXTENSION glue_conn');
$other->must(create_sql(jdbc('anew')));
is($other->must('SELECT name FROM public.glue_connection')->output,
	'anew', 'and one that moved within a session');
$other->must('DROP EXTENSION glue_conn; CREATE EXTENSION glue_conn');
$other->must(create_sql(jdbc('anew again')));
is($other->must('SELECT name FROM public.glue_connection')->output,
	'anew again', 'or was made anew at the same place');

$_->quit foreach $plain, $granted, $admin, $other;
$cluster->finish;
done_testing();
