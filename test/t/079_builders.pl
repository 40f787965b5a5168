# Copyright (c) 2026, glue_conn contributors
#
# The results of the builders can be created unchanged, for this database and
# for foreign servers, in both generations of connections and in any encoding.

use strict;
use warnings;

use GlueConn::Cluster;
use GlueConn::Inputs;
use Test::More;

my $cluster = GlueConn::Cluster->start;
my $node = $cluster->node;
my $glue = $cluster->glue;
my $session = $cluster->session;
my $secret_arn = 'arn:aws:secretsmanager:us-east-1:123456789012:secret:a-AbCdEf';
my $network = "subnet_id => 'subnet-0a1b2c3d',"
  . " security_group_id_list => '{sg-0a1b2c3d}',"
  . " availability_zone => 'us-east-1a'";

# Create the result of a builder: AWS must have exactly that, without warnings.
sub creates
{
	my ($case, $name, $builder) = @_;
	my $built = $session->query("SELECT $builder");
	my $result = $session->query("SELECT glue_create_connection($builder)");

	is($result->output, 'READY', "$case: created")
	  or diag($built->text, $result->text);
	is($result->text, '', "$case: without a warning");
	is_deeply($glue->connection($name)->{definition},
		json_value($built->output), "$case: as it was built");
	return json_value($built->output);
}

#
# Inputs that can be created
#

my $input = creates('a URL', 'url',
	"glue_jdbc_connection_input('url', 'jdbc:mysql://db/shop', 'login', $network)");
is($input->{ConnectionProperties}{SECRET_ID}, 'login', 'a URL: the secret');

$input = creates('this database', 'postgres',
	"glue_connection_input_for_this_database(host => 'db', secret_arn => 'login', $network)");
is($input->{ConnectionProperties}{JDBC_CONNECTION_URL},
	'jdbc:postgresql://db:' . $node->port . '/postgres',
	'this database: its port and name');

creates('a native type', 'native',
	"glue_connection_input_for_this_database('native', 'db', $network,"
	  . " secret_arn => '$secret_arn', connection_type => 'POSTGRESQL',"
	  . " role_arn => 'arn:aws:iam::123456789012:role/glue')");

$session->must('CREATE FOREIGN DATA WRAPPER oracle_fdw; CREATE SERVER erp'
	  . " FOREIGN DATA WRAPPER oracle_fdw OPTIONS (dbserver '//erp.example.com/ERP');"
	  . ' CREATE USER MAPPING FOR PUBLIC SERVER erp'
	  . " OPTIONS (\"user\" 'scott', password 'hunter2')");
creates('a foreign server', 'erp',
	"glue_connection_input_from_server('erp', secret_arn => 'login', $network)");

# Members that the builders do not know can be added.
is( $session->must("SELECT glue_create_connection(jsonb_set(glue_jdbc_connection_input("
		  . "'more', 'jdbc:mysql://db/shop', 'login'),"
		  . " '{ConnectionProperties,CUSTOM_JDBC_CERT}', '\"s3://certs/ca.pem\"'))")
	  ->output, 'READY', 'with one more property');

# A constant call is made while its statement is planned, once per statement
# of a kept plan; the result is the same.
$session->must("PREPARE built(text) AS SELECT glue_jdbc_connection_input(\$1, 'jdbc:mysql://db/shop')->>'Name'");
is($session->must("EXECUTE built('n$_')")->output, "n$_", "prepared: $_")
  foreach 1 .. 7;

#
# The host of this server
#

my $call = "SELECT glue_connection_input_for_this_database()"
  . " #>> '{ConnectionProperties,JDBC_CONNECTION_URL}'";

# A session that came in by loopback says nothing of how others get here.
$session->quit;
$node->append_conf('postgresql.conf', "listen_addresses = '127.0.0.1'\n");
$cluster->in_environment(sub { $node->restart });
my $by_tcp = sub {
	my ($sql) = @_;
	my $tcp = GlueConn::Session->new(
		'host=127.0.0.1 dbname=postgres port=' . $node->port);
	my $result = $tcp->query($sql);
	$tcp->quit;
	return $result;
};
is($by_tcp->('SELECT inet_server_addr()')->output,
	'127.0.0.1', 'a session by TCP');
my $result = $by_tcp->($call);
is($result->sqlstate, '22023', 'a loopback address');
like($result->detail, qr/^host must be given/, 'is not disclosed');

# The first address that others can reach is; this one cannot be bound, which
# the server survives.
$node->append_conf('postgresql.conf',
	"listen_addresses = '127.0.0.1, localhost, 192.0.2.10, 192.0.2.11'\n");
$cluster->in_environment(sub { $node->restart });
is($by_tcp->($call)->output,
	'jdbc:postgresql://192.0.2.10:' . $node->port . '/postgres',
	'an address that is listened on');
$session = $cluster->session;
is($session->must($call)->output,
	'jdbc:postgresql://192.0.2.10:' . $node->port . '/postgres',
	'the same by a socket');

#
# Encodings
#

# psql is given bytes, and its output is decoded.
my ($bytes, $text) = ("caf\xc3\xa9", "caf\x{e9}");

foreach my $encoding (qw(UTF8 LATIN1 SQL_ASCII))
{
	my $name = lc($encoding) . "_$bytes";

	$session->must("CREATE DATABASE \"$name\" TEMPLATE template0"
		  . " ENCODING '$encoding' LC_COLLATE 'C' LC_CTYPE 'C'");
	my $there = $cluster->session(
		database => $name,
		encoding => $encoding eq 'SQL_ASCII' ? 'SQL_ASCII' : 'UTF8');
	$there->must('CREATE EXTENSION glue_conn; CREATE FOREIGN DATA WRAPPER tds_fdw');
	like(
		$there->must("SELECT glue_connection_input_for_this_database(host => 'db')"
			  . " #>> '{ConnectionProperties,JDBC_CONNECTION_URL}'")->output,
		qr{/\L$encoding\E_caf%C3%A9$},
		"$encoding: the bytes of this database's name are UTF-8");
	$there->must('CREATE SERVER s FOREIGN DATA WRAPPER tds_fdw'
		  . " OPTIONS (servername 'db', database '$bytes')");
	is( $there->must("SELECT glue_connection_input_from_server('s')"
			  . " #>> '{ConnectionProperties,JDBC_CONNECTION_URL}'")->output,
		"jdbc:sqlserver://db:1433;databaseName={$text}",
		"$encoding: an option");
	is( $there->must("SELECT glue_jdbc_connection_input('$bytes', 'jdbc:x:y',"
			  . " match_criteria => '{$bytes}') #>> '{MatchCriteria,0}'")
		  ->output, $text, "$encoding: arguments");

	# A name that is LATIN1 in the catalog, which no JDBC driver can send.
	if ($encoding eq 'LATIN1')
	{
		$there->must("CREATE DATABASE \"latin1_name_\xc3\xa9\"");
		is($there->must("SELECT octet_length(datname::text::bytea) FROM pg_database"
				  . " WHERE datname LIKE 'latin1\\_name%'")->output,
			'13', 'LATIN1: one byte');
	}
	$there->quit;
}

my $there = $cluster->session(
	database => "latin1_name_\xe9", encoding => 'UTF8');
$there->must('CREATE EXTENSION glue_conn');
$result = $there->query("SELECT glue_connection_input_for_this_database(host => 'db')");
is($result->sqlstate, '22023', 'a name that is not UTF-8');
like($result->detail, qr/^current_database\(\) is not UTF-8/, 'is refused');
$there->quit;

$there = $cluster->session(
	database => "sql_ascii_$bytes", encoding => 'SQL_ASCII');
$result = $there->query("SELECT glue_jdbc_connection_input('caf\xe9', 'jdbc:x:y',"
	  . " description => 'caf\xe9', match_criteria => '{caf\xe9}')");
is($result->sqlstate, '22023', 'arguments that are not UTF-8');
is(() = $result->detail =~ /\(encoding\)/g, 3, 'are all refused');
unlike($result->text, qr/caf\xe9/, 'and not shown');
$there->must("CREATE SERVER bytes FOREIGN DATA WRAPPER tds_fdw"
	  . " OPTIONS (servername 'db', database 'caf\xe9')");
$result = $there->query("SELECT glue_connection_input_from_server('bytes')");
like($result->detail,
	qr/^option "database" of the foreign server must be text that can be converted/,
	'neither is an option');
$there->quit;

#
# No password gets into the log
#

$session->must("SET log_min_error_statement = panic");
foreach my $sql (
	"glue_jdbc_connection_input('a', 'jdbc:mysql://joe:hunter2\@db/shop')",
	"glue_jdbc_connection_input('a', 'jdbc:mysql://joe:hunter2\@db/shop', connection_type => 'MYSQL')",
	"glue_connection_input_for_this_database(host => 'joe:hunter2\@db')",
	"glue_connection_input_from_server('erp', database_name => 'password=hunter2')")
{
	my $result = $session->query("SELECT $sql");

	is($result->sqlstate, '22023', "with a password: $sql");
	unlike($result->text, qr/hunter2/, 'which is not shown');
}
unlike(slurp_log($node), qr/hunter2/, 'nor logged');
$session->quit;

# The server's log, without the statements that made the user mapping.
sub slurp_log
{
	my ($server) = @_;

	open my $handle, '<', $server->logfile or die;
	my @lines = grep { !/statement: / } <$handle>;
	close $handle;
	return join '', @lines;
}

$cluster->finish;
done_testing();
