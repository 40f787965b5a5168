# Copyright (c) 2026, glue_conn contributors
#
# The key file for sealed secrets of queued requests: accepted and rejected
# files, and that a wrong key loses nothing.
#
# Sealing has no SQL function of its own, so this test builds a module with
# two: see sealing.c.  unit_seal_keys.c tests the check of the file's owner,
# because only root could change it here.

use strict;
use warnings;

use File::Basename qw(dirname);
use GlueConn::Cluster;
use GlueConn::Inputs;
use POSIX qw(mkfifo);
use PostgreSQL::Test::Utils;
use Test::More;

my $word = 'mArKeR';
my $directory = PostgreSQL::Test::Utils::tempdir();
my $file = "$directory/key";
my @keys = map { $_ x 64 } qw(1 2 3);

# Build the module; returns its name.
sub build_module
{
	my $source = dirname(__FILE__) . '/sealing.c';
	my $module = "$directory/sealing.so";
	my $pg_config = $ENV{PG_CONFIG} || 'pg_config';
	my @objects = grep { !m{/glue_conn\.o$} } glob 'src/*/*.o';
	my ($compiler) = run_command([ $pg_config, '--cc' ]);
	my ($headers) = run_command([ $pg_config, '--includedir-server' ]);
	my ($flags) = run_command(
		[ qw(pkg-config --cflags --libs libcurl libcrypto json-c expat) ]);

	system_or_bail("$compiler -shared -fPIC -Wl,-Bsymbolic -I$headers -Isrc"
		  . " -o $module $source @objects $flags");
	return $module;
}

# Write a file that only its owner may use, or others too.
sub write_file
{
	my ($text, $mode) = @_;

	unlink $file;
	append_to_file($file, $text);
	chmod $mode // 0600, $file or die "could not chmod $file: $!\n";
	return;
}

my $module = build_module();
my $cluster = GlueConn::Cluster->start(conf => <<'CONF');
log_statement = none
log_min_error_statement = panic
CONF
my $session = $cluster->session;
$session->must("LOAD 'glue_conn'");
$session->must("CREATE FUNCTION test_seal(bigint, text, jsonb) RETURNS bytea
	AS '$module' LANGUAGE c STRICT");
$session->must("CREATE FUNCTION test_unseal(bigint, text, bytea) RETURNS text
	AS '$module' LANGUAGE c STRICT");
$session->must('CREATE TABLE sealed (id bigint, bytes bytea)');

my $input = jdbc('orders', PASSWORD => "$word \x{e9}\x{1f511}");
my $json = literal(json_text($input));

# Seal the input as a request; its row is there if that was possible.
sub seal
{
	my ($id) = @_;

	return $session->query('INSERT INTO sealed'
		  . " SELECT $id, test_seal($id, 'orders', $json)");
}

# Open the sealed input of a row, as that of some request.
sub unseal
{
	my ($id, %as) = @_;

	return $session->query(sprintf
		'SELECT test_unseal(%d, %s, bytes) FROM sealed WHERE id = %d',
		$as{id} // $id, literal($as{name} // 'orders'), $id);
}

sub opens
{
	my ($id, $what) = @_;

	return is_deeply(json_value(unseal($id)->output || 'null'),
		$input, $what);
}

# It does not open, now or ever.
sub stays_closed
{
	my ($result, $when, $reason, $what) = @_;

	is($result->output, '', "$what: it does not open");
	is(join(' ', map { $_->{message} } $result->messages('NOTICE')),
		$when, 'now or ever');
	like($result->detail, $reason, 'and the reason is reported');
	return;
}

#
# No file
#

my $result = seal(1);
is($result->sqlstate, '55000', 'a secret, and no key');
like($result->detail, qr/"glue_conn\.secret_key_file" is not set/,
	'the setting is named');
like($result->hint, qr/SECRET_ID or SecretArn/, 'and the alternatives');

#
# A file that can be used
#

$session->must("SET glue_conn.secret_key_file = '$file'");
write_file("$keys[0]\n");
is(seal(1)->sqlstate, '00000', 'an input is sealed');
opens(1, 'and opens');
seal(2);
is( $session->query('SELECT count(DISTINCT bytes), count(DISTINCT length(bytes))'
		  . ' FROM sealed')->output,
	'2|1', 'the same input is sealed differently each time');
is( $session->query("SELECT count(*) FROM sealed WHERE position('$word' in"
		  . " encode(bytes, 'escape')) > 0")->output,
	'0', 'and cannot be read');
is( $session->query(
		'SELECT count(DISTINCT length(test_seal(1, $$a$$, jsonb_build_object('
		  . "'PASSWORD', repeat('x', n))))) FROM generate_series(1, 40) n")
	  ->output,
	'1', 'passwords of up to 40 characters give the same length');

stays_closed(unseal(1, id => 2),
	'never: sealed secrets broken', qr/were altered/, 'another request');
stays_closed(unseal(1, name => 'Orders'),
	'never: sealed secrets broken', qr/were altered/, 'another name');
$session->must("INSERT INTO sealed SELECT 3, substr(bytes, 1, 30) FROM sealed"
	  . ' WHERE id = 1');
$session->must(
	"INSERT INTO sealed SELECT 4, set_byte(bytes, 50, get_byte(bytes, 50) # 1)"
	  . ' FROM sealed WHERE id = 1');
stays_closed(unseal(3),
	'never: sealed secrets broken', qr/not in a form/, 'half of it');
stays_closed(unseal(4, id => 1),
	'never: sealed secrets broken', qr/were altered/, 'one bit');

foreach my $mode (0600, 0400)
{
	write_file("$keys[0]\n", $mode);
	opens(1, sprintf 'a file of mode %04o', $mode);
}
write_file("# the key\r\n\r\n $keys[0] \r\n");
opens(1, 'comments, blanks and line ends of Windows');

rename $file, "$directory/..data" or die "could not rename $file: $!\n";
symlink '..data', $file or die "could not make a link: $!\n";
opens(1, 'a symbolic link');
unlink $file, "$directory/..data";

append_to_file($cluster->node->data_dir . '/sealing.key', "$keys[0]\n");
chmod 0600, $cluster->node->data_dir . '/sealing.key';
$session->must("SET glue_conn.secret_key_file = 'sealing.key'");
opens(1, 'a path from the data directory');
$session->must("SET glue_conn.secret_key_file = '$file'");

#
# Another key takes its place
#

write_file("$keys[1]\n$keys[0]\n");
opens(1, 'with a new key above it, the old one opens');
seal(5);
write_file("$keys[1]\n");
opens(5, 'the new one seals');
my $closed = unseal(1);
stays_closed($closed, 'later: no secret key',
	qr/sealed with a key that is not in secret key file "\Q$file\E"/,
	'without the old key');
is($closed->message, 'could not open the sealed secrets of request 1',
	'the request is named');
like($closed->hint, qr/nothing is lost/, 'and nothing is lost');
write_file("$keys[0]\n");
opens(1, 'so it opens as soon as the key is back');

#
# Files that cannot be used
#

# Neither seal nor open; sealed secrets stay.
sub refused
{
	my ($what, $reason, $hint) = @_;
	my $sealing = seal(6);
	my $opening = unseal(1);

	is($sealing->sqlstate, 'F0000', "$what is refused");
	like($sealing->message, qr/^secret key file "\S+" cannot be used$/,
		'by name');
	like($sealing->detail, $reason, 'with the reason');
	like($sealing->hint, $hint, 'and a remedy');
	stays_closed($opening, 'later: no secret key', $reason, $what);
	is($opening->message, $sealing->message, 'the same message');
	return;
}

unlink $file;
refused('a file that is not there', qr/opened: No such file or directory\.$/,
	qr/secret_key_file/);
mkdir $file;
refused('a directory', qr/not a regular file/, qr/one or two keys/);
rmdir $file;
mkfifo($file, 0600) or die "could not make a pipe: $!\n";
refused('a pipe', qr/not a regular file/, qr/one or two keys/);
write_file("$keys[0]\n", 0000);
refused('a file that may not be read', qr/opened: Permission denied\.$/,
	qr/operating system user/);
foreach my $mode (0640, 0604, 0700)
{
	write_file("$keys[0]\n", $mode);
	refused(sprintf('a file of mode %04o', $mode),
		qr/permissions allow more/, qr/chmod 0600/);
}
write_file('');
refused('an empty file', qr/holds no key/, qr/openssl rand -hex 32/);
write_file("# " . 'x' x 4096 . "\n$keys[0]\n");
refused('a large file', qr/larger than 4096 bytes/, qr/one or two keys/);
write_file("$keys[0]\n\n$keys[1]\n$keys[2]\n");
refused('three keys', qr/^Line 4: There are more than two keys/, qr/new key/);
write_file("#\n$word" . '1' x 58 . "\n");
refused('a line that is not hexadecimal',
	qr/^Line 2: A key consists of 64 hexadecimal digits/, qr/openssl rand/);

# Every system has this one.
$session->must("SET glue_conn.secret_key_file = '/etc/passwd'");
refused('a file of root that everybody can read',
	qr/belongs to root/, qr/chmod 0640/);

$session->must("SET glue_conn.secret_key_file = ''");
$result = unseal(1);
stays_closed($result, 'later: no secret key',
	qr/"glue_conn\.secret_key_file" is not set/, 'no file at all');
is($result->sqlstate, '55000', 'with its own SQLSTATE');

#
# Visibility
#

$session->must('CREATE ROLE nobody LOGIN');
my $theirs = $cluster->session(user => 'nobody');
$theirs->query('SELECT glue_redact($${}$$)');
is($theirs->query('SHOW glue_conn.secret_key_file')->sqlstate,
	'42501', 'not everybody may see the setting');
is($theirs->query("SET glue_conn.secret_key_file = 'x'")->sqlstate,
	'42501', 'or set it');
$theirs->quit;

#
# In another encoding
#

$session->must("CREATE DATABASE latin1 TEMPLATE template0 ENCODING 'LATIN1'
	LOCALE 'C'");
my $latin1 = $cluster->session(database => 'latin1', encoding => 'UTF8');
$latin1->must('CREATE EXTENSION glue_conn');
$latin1->must("LOAD 'glue_conn'");
$latin1->must("CREATE FUNCTION test_seal(bigint, text, jsonb) RETURNS bytea
	AS '$module' LANGUAGE c STRICT");
$latin1->must("SET glue_conn.secret_key_file = '/nowhere/\xc3\xa9'");
is( $latin1->query(q(SELECT test_seal(1, 'a', '{}')))->message,
	qq(secret key file "/nowhere/\x{e9}" cannot be used),
	'the name of the file is shown as it was given');
$latin1->quit;

$session->quit;
my $log = slurp_file($cluster->node->logfile);
unlike($log, qr/$word|1{40}|2{40}/, 'the log has no secret, and no key');
like($log, qr/cannot be used/, 'but it was reported');
$cluster->finish;
done_testing();
