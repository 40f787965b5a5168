# Copyright (c) 2026, glue_conn contributors
#
# The choice of credentials and region.
#
# Both come from the sources of all AWS tools: the environment of the server
# and the shared files.  A source that is not configured is skipped; one that
# is misconfigured is an error, because the next one could have another
# identity.  No error quotes the contents of a file or a variable.  The journal
# of the local Glue has the caller and the region.

use strict;
use warnings;

use GlueConn::Callers
  qw($word $home $none start_with_callers pair keys_of write_file with_environment);
use GlueConn::Inputs;
use HTTP::Tiny;
use JSON::PP;
use POSIX qw(mkfifo);
use Test::More;

# Callers that the local Glue knows by these names
my $cluster = start_with_callers(
	map { $_ => undef } qw(ENV CREDENTIALS CONFIG OTHER ROTATED));
my $glue = $cluster->glue;
$glue->add_credentials(
	access_key => 'TEMPORARY',
	secret_key => "$word/TEMPORARY",
	token => "$word/TOKEN");

# These as settings of a session
sub settings
{
	my (%settings) = @_;

	return { map { ("glue_conn.$_" => $settings{$_}) } keys %settings };
}

# Make a call, and see that it is made by a caller.
sub calls_as
{
	my ($case, $caller, %settings) = @_;
	my $watch = $cluster->watch;
	my $result =
	  $cluster->query(get_sql('x'), settings => settings(%settings));
	my ($request) = $watch->requests;

	is($result->sqlstate, '42704', "$case: AWS answers")
	  or diag($result->text);
	is($request && $request->{access_key}, $caller, "$case: to $caller");
	return $request;
}

# Make a call, and see that it is refused without being sent.
sub refused
{
	my ($case, $message, $detail, %settings) = @_;
	my $watch = $cluster->watch;
	my $result =
	  $cluster->query(get_sql('x'), settings => settings(%settings));

	is($result->sqlstate, '28000', "$case: SQLSTATE");
	like($result->message, $message, "$case: message");
	like($result->detail, $detail, "$case: detail");
	unlike($result->text, qr/$word/, "$case: quotes nothing");
	is($watch->sent, 0, "$case: nothing was sent");
	return $result;
}

#
# Nothing at all
#

my $result = refused('nothing', $none,
	qr/keys in the environment.*profile "default".*metadata service/s);
like($result->detail, qr/"\Q$home\E\/.aws\/$_"/,
	"nothing: looked at $_")
  foreach qw(config credentials);
like($result->hint, qr/AWS_ACCESS_KEY_ID.*environment of the server.*profile/,
	'nothing: the hint says where to put them');

#
# Files, named by settings
#

my $credentials = write_file('credentials',
	"[default]\n"
	  . keys_of('CREDENTIALS')
	  . "[other]\n"
	  . keys_of('OTHER')
	  . "[temporary]\n"
	  . keys_of('TEMPORARY')
	  . "aws_session_token = $word/TOKEN\n"
	  . "[half]\naws_access_key_id = HALF\n"
	  . "[other half]\naws_secret_access_key = $word\n"
	  . "[half2]\naws_secret_access_key = $word\n");
my $config = write_file('config',
	"[default]\nregion = eu-west-3\n"
	  . keys_of('CONFIG')
	  . "[profile config]\n"
	  . keys_of('CONFIG')
	  . "region = ap-south-1\n"
	  . "[profile other]\nregion = eu-central-1\n"
	  . "[profile role]\nrole_arn = arn:aws:iam::123456789012:role/r\n"
	  . "[profile web]\nweb_identity_token_file = /tmp/$word\n"
	  . "[profile login]\nlogin_session = $word\n"
	  . "[profile mfa]\nrole_arn = arn:aws:iam::123456789012:role/r\n"
	  . "source_profile = config\nmfa_serial = $word\n"
	  . "[profile sso]\nsso_session = $word\nsso_account_id = 1\n"
	  . "[profile old_sso]\nsso_start_url = https://$word.example\n"
	  . "[profile process]\n"
	  . "credential_process = touch $home/was_run; echo $word\n"
	  . "[profile none]\noutput = json\n");
my %files = (config_file => $config, credentials_file => $credentials);

calls_as('credentials file', 'CREDENTIALS', credentials_file => $credentials);
calls_as('config file', 'CONFIG', config_file => $config);
calls_as('both files', 'CREDENTIALS', %files);
calls_as('a profile', 'OTHER', %files, profile => 'other');
calls_as('a profile of the config file', 'CONFIG', %files,
	profile => 'config');
my $request =
  calls_as('a session token', 'TEMPORARY', %files, profile => 'temporary');
is($request->{headers}{'x-amz-security-token'},
	"$word/TOKEN", 'a session token: is sent');

refused('half a profile', $none,
	qr/^Profile "half" has "aws_access_key_id" but not "aws_secret_access_key"/,
	%files, profile => 'half');
refused('the other half', $none,
	qr/^Profile "half2" has "aws_secret_access_key" but not "aws_access_key_id"/,
	%files, profile => 'half2');
refused('a profile without keys', $none,
	qr/^Profile "none".* has no credentials.*"\Q$config\E"/,
	%files, profile => 'none');
refused('a profile that is not there', $none, qr/profile "missing"/,
	%files, profile => 'missing');

# Unusable properties are reported with the names of the profile and the
# property.
my %unusable = (
	role => qr/"role_arn", but neither "source_profile" nor "credential_source"/,
	web => qr/"web_identity_token_file" but not "role_arn"/,
	mfa => qr/"mfa_serial"/,
	login => qr/"login_session"/,
	sso => qr/"sso_session"/,
	old_sso => qr/"sso_start_url"/,
	process => qr/"credential_process"/);
foreach my $profile (sort keys %unusable)
{
	$result = refused("profile $profile", $none,
		qr/^Profile "$profile" has $unusable{$profile}/,
		%files, profile => $profile);
	like($result->hint, qr/source_profile.*credential_source.*web identity/,
		"profile $profile: the hint names the alternatives")
	  if $profile !~ /^(role|web)$/;
}
ok(!-e "$home/was_run", 'no command was run');

# A file is read anew, so a key that was rotated is seen.
my $session = $cluster->session(
	settings => { 'glue_conn.credentials_file' => $credentials });
my $watch = $cluster->watch;
$session->query(get_sql('x'));
write_file('credentials', "[default]\n" . keys_of('ROTATED'));
$session->query(get_sql('x'));
is(join(' ', map { $_->{access_key} } $watch->requests),
	'CREDENTIALS ROTATED', 'a rotated key is seen at once');
$session->quit;

#
# Files that are of no use
#

my %malformed = (
	'text before the first section' => [ 1, "x = $word\n[default]\n" ],
	'a section that is not closed' => [ 2, "# $word\n[default\n" ],
	'a colon' => [ 2, "[default]\naws_secret_access_key : $word\n" ],
	'a line without a value' => [ 4, "[default]\na = b\n\n$word\n" ]);
foreach my $case (sort keys %malformed)
{
	my ($line, $text) = @{ $malformed{$case} };
	my $path = write_file('malformed', $text);

	refused($case, qr/^shared AWS file "\Q$path\E" is not well-formed$/,
		qr/^Line $line: /, credentials_file => $path);
	refused("$case, in the config file", qr/"\Q$path\E" is not well-formed/,
		qr/^Line $line: /, config_file => $path);
}

mkdir "$home/directory" or die;
mkfifo("$home/fifo", 0600) or die;
chmod 0, write_file('unreadable', keys_of('ENV')) or die;
write_file('large', "[default]\n" . '# ' . 'x' x (1024 * 1024) . "\n");
my %useless = (
	directory => qr/cannot be used/,
	fifo => qr/cannot be used/,
	large => qr/cannot be used/,
	unreadable => qr/could not open.*Permission denied/,
	missing => qr/could not open.*No such file/,
	'credentials/x' => qr/could not open.*Not a directory/);
foreach my $name (sort keys %useless)
{
	refused("a file that is $name", $useless{$name}, qr//,
		credentials_file => "$home/$name");
}

#
# The environment
#

write_file('credentials', "[default]\n"
	  . keys_of('CREDENTIALS')
	  . "[other]\n"
	  . keys_of('OTHER'));

with_environment(pair('ENV'));
calls_as('environment', 'ENV');
calls_as('environment before files', 'ENV', %files);
calls_as('a profile by setting before the environment',
	'OTHER', %files, profile => 'other');
refused('a profile by setting that is not there',
	$none, qr/^There is no profile "missing", which a setting names/,
	%files, profile => 'missing');

with_environment(pair('TEMPORARY'), AWS_SESSION_TOKEN => "$word/TOKEN");
calls_as('environment with a session token', 'TEMPORARY');

with_environment(pair('TEMPORARY'), AWS_SESSION_TOKEN => "$word/WRONG");
is($cluster->query(get_sql('x'))->sqlstate,
	'28000', 'a wrong session token: AWS refuses it');
with_environment(pair('TEMPORARY'));
is($cluster->query(get_sql('x'))->sqlstate,
	'28000', 'without its token: AWS refuses the key');

# Temporary credentials as a role has them
my $minted = decode_json(
	HTTP::Tiny->new->get($glue->metadata_url . '/v2/credentials/x')
	  ->{content});
with_environment(
	AWS_ACCESS_KEY_ID => $minted->{AccessKeyId},
	AWS_SECRET_ACCESS_KEY => $minted->{SecretAccessKey},
	AWS_SESSION_TOKEN => $minted->{Token});
calls_as('credentials of a role', $minted->{AccessKeyId});
$glue->set(clock_offset_s => 0, metadata_expires_in => -60);
$minted = decode_json(
	HTTP::Tiny->new->get($glue->metadata_url . '/v2/credentials/x')
	  ->{content});
with_environment(
	AWS_ACCESS_KEY_ID => $minted->{AccessKeyId},
	AWS_SECRET_ACCESS_KEY => $minted->{SecretAccessKey},
	AWS_SESSION_TOKEN => $minted->{Token});
$result = $cluster->query(get_sql('x'));
is($result->sqlstate, '28000', 'credentials of a role that have run out');
like($result->hint, qr/renew/, 'the hint says to renew them');

foreach my $half (
	[ first => AWS_ACCESS_KEY_ID => 'ENV' ],
	[ second => AWS_SECRET_ACCESS_KEY => $word ],
	[ first => AWS_ACCESS_KEY_ID => 'ENV', AWS_SECRET_ACCESS_KEY => '' ],
	[ second => AWS_ACCESS_KEY_ID => " \t", AWS_SECRET_ACCESS_KEY => $word ])
{
	my ($which, @variables) = @$half;

	with_environment(@variables);
	refused("half a pair (@{[ scalar @variables ]}, $which)", $none,
		qr/^Of AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, only the $which is set/,
		%files);
}

with_environment(AWS_ACCESS_KEY_ID => '', AWS_SECRET_ACCESS_KEY => ' ');
calls_as('blank variables are passed over', 'CREDENTIALS', %files);

foreach my $broken ("$word\n", "$word $word", "$word\x7f", "$word\xe9")
{
	with_environment(
		AWS_ACCESS_KEY_ID => 'ENV',
		AWS_SECRET_ACCESS_KEY => $broken);
	refused('a key that cannot be one', $none,
		qr/^AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY or AWS_SESSION_TOKEN holds/);
}

with_environment(
	AWS_CONFIG_FILE => $config,
	AWS_SHARED_CREDENTIALS_FILE => $credentials);
calls_as('files by variables', 'CREDENTIALS');
with_environment(
	AWS_CONFIG_FILE => $config,
	AWS_SHARED_CREDENTIALS_FILE => $credentials,
	AWS_PROFILE => 'other');
calls_as('a profile by variable', 'OTHER');
calls_as('a profile by setting before that', 'CONFIG', profile => 'config');
with_environment(
	AWS_CONFIG_FILE => "$home/missing",
	AWS_SHARED_CREDENTIALS_FILE => "$home/missing");
refused('files by variables that do not exist',
	$none, qr/missing" \(which does not exist\)/);

mkdir "$home/.aws" or die;
rename "$home/credentials", "$home/.aws/credentials" or die;
with_environment();
calls_as('files in the home directory', 'CREDENTIALS');
with_environment(AWS_SHARED_CREDENTIALS_FILE => '~/.aws/credentials');
calls_as('a file below ~', 'CREDENTIALS');
unlink "$home/.aws/credentials" or die;

#
# The region
#

# The region that a call with these settings is made for
sub region
{
	my (%settings) = @_;

	return calls_as('region', 'ENV', region => '', %settings)->{region};
}

my @regions = (
	AWS_CONFIG_FILE => $config, AWS_PROFILE => 'config',
	AWS_DEFAULT_REGION => 'eu-south-1', AWS_REGION => 'eu-north-1');
with_environment(pair('ENV'), @regions);
is(region(region => 'sa-east-1'), 'sa-east-1', 'region: the setting');
is(region(), 'eu-north-1', 'region: AWS_REGION');
with_environment(pair('ENV'), @regions[ 0 .. 5 ]);
is(region(), 'eu-south-1', 'region: AWS_DEFAULT_REGION');
with_environment(pair('ENV'), @regions[ 0 .. 3 ]);
is(region(), 'ap-south-1', 'region: the profile');
with_environment(pair('ENV'), AWS_REGION => ' ', AWS_DEFAULT_REGION => '');
$watch = $cluster->watch;
$result =
  $cluster->query(get_sql('x'), settings => { 'glue_conn.region' => '' });
is($result->sqlstate, '22023', 'no region: SQLSTATE');
is($result->message, 'AWS region is not set', 'no region: message');
like($result->detail,
	qr/glue_conn\.region.*AWS_REGION.*AWS_DEFAULT_REGION.*"default"/s,
	'no region: all that was looked at');
like($result->hint, qr/SET glue_conn\.region/, 'no region: hint');
is($watch->sent, 0, 'no region: nothing was sent');

foreach my $nonsense ('us east 1', 'us-east-1.evil.example/', 'x' x 64, '-')
{
	with_environment(pair('ENV'), AWS_REGION => $nonsense);
	$result =
	  $cluster->query(get_sql('x'), settings => { 'glue_conn.region' => '' });
	is($result->sqlstate, '22023', "region '$nonsense': is refused");
	is($cluster->query("LOAD 'glue_conn'; SET glue_conn.region = '$nonsense'")
		  ->sqlstate, '22023', "region '$nonsense': as a setting, too");
}

#
# Variables that lead elsewhere
#

my $key_log = "$home/keys.log";
with_environment(
	pair('ENV'),
	SSLKEYLOGFILE => $key_log,
	https_proxy => 'http://127.0.0.1:1',
	HTTPS_PROXY => 'http://127.0.0.1:1',
	ALL_PROXY => 'http://127.0.0.1:1',
	SSL_CERT_FILE => '/dev/null',
	CURL_CA_BUNDLE => '/dev/null');
$result = $cluster->query(get_sql('x') . '; ' . get_sql('x'));
is($result->sqlstate, '42704', 'a proxy in the environment is not used');
is( scalar(grep { $_->{message} =~ /"SSLKEYLOGFILE" is ignored/ }
		  $result->messages('WARNING')),
	1,
	'SSLKEYLOGFILE: one warning');
ok(!-e $key_log, 'SSLKEYLOGFILE: the keys of connections are not written');

$cluster->finish;
done_testing();
