# Copyright (c) 2026, glue_conn contributors
#
# Endpoints from the configuration.
#
# Every setting of an endpoint names the local Glue here, each with a path of
# its own, which the journal records.  If AWS's own endpoint is expected, an
# unreachable proxy keeps the call on this machine, and its error has the
# destination.

use strict;
use warnings;

use GlueConn::Cluster;
use GlueConn::Inputs;
use PostgreSQL::Test::Utils;
use Test::More;

my $word = 'SeCrEtWoRd';
my $home = PostgreSQL::Test::Utils::tempdir();
my $cluster = GlueConn::Cluster->start(environment => { HOME => $home });
my $glue = $cluster->glue;
my %keys = (
	AWS_ACCESS_KEY_ID => $glue->access_key,
	AWS_SECRET_ACCESS_KEY => $glue->secret_key);
my $no_proxy = 'http://127.0.0.1:1';

$cluster->query(
	"CREATE SERVER somewhere FOREIGN DATA WRAPPER glue_conn"
	  . " OPTIONS (region 'eu-south-2', endpoint_url '"
	  . url('server') . "')");

sub url { return $glue->url . "/$_[0]"; }

sub write_config
{
	my ($text) = @_;

	open my $file, '>', "$home/config" or die "$home/config: $!";
	print $file $text;
	close $file;
	return;
}

# Restart the server with these variables.
sub with_environment
{
	my (%variables) = @_;

	$cluster->restart(
		HOME => $home,
		AWS_CONFIG_FILE => "$home/config",
		%keys, %variables);
}

sub call
{
	my ($sql, %settings) = @_;

	%settings = (endpoint_url => '', proxy => $no_proxy, %settings);
	return $cluster->query($sql,
		settings =>
		  { map { ("glue_conn.$_" => $settings{$_}) } keys %settings });
}

# Test where a call goes; returns the message.
sub goes_to
{
	my ($case, $path, %settings) = @_;
	my $sql = delete $settings{sql} // get_sql('x');
	my $watch = $cluster->watch;
	my $result = call($sql, proxy => '', %settings);
	my ($request) = $watch->requests;

	is($request && $request->{path}, "/$path/", "$case: goes to $path")
	  or diag($result->text);
	return $request;
}

# Test that a call would go to an endpoint of AWS.
sub goes_to_aws
{
	my ($case, $host, %settings) = @_;
	my $watch = $cluster->watch;
	my $result = call(get_sql('x'), %settings);

	is($result->sqlstate, '08001', "$case: there is no listener");
	like($result->detail, qr{at https://\Q$host\E/?:}, "$case: is $host");
	is($watch->sent, 0, "$case: nothing was sent");
}

# Test that a call is refused, with the reason.
sub refused
{
	my ($case, $detail, %settings) = @_;
	my $sql = delete $settings{sql} // get_sql('x');
	my $watch = $cluster->watch;
	my $result = call($sql, %settings);

	is($result->sqlstate, '22023', "$case: SQLSTATE");
	like($result->message, qr/^could not determine the endpoint of AWS (Glue|STS)$/,
		"$case: message");
	like($result->detail, $detail, "$case: detail");
	unlike($result->text, qr/$word/, "$case: quotes nothing");
	is($watch->sent, 0, "$case: nothing was sent");
}

#
# Nothing but the region
#

write_config('');
with_environment();
goes_to_aws('nothing is configured', 'glue.us-east-1.amazonaws.com');
goes_to_aws('a region', 'glue.ap-south-1.amazonaws.com',
	region => 'ap-south-1');
goes_to_aws('another partition', 'glue.cn-north-1.amazonaws.com.cn',
	region => 'cn-north-1');
goes_to_aws('FIPS by setting', 'glue-fips.us-east-1.amazonaws.com',
	use_fips_endpoint => 'on');
goes_to_aws('dual-stack by setting', 'glue.us-east-1.api.aws',
	use_dualstack_endpoint => 'on');

with_environment(
	AWS_USE_FIPS_ENDPOINT => 'true',
	AWS_USE_DUALSTACK_ENDPOINT => 'TRUE');
goes_to_aws('both by variables', 'glue-fips.us-east-1.api.aws');
with_environment(AWS_USE_FIPS_ENDPOINT => 'false');
write_config("[default]\nuse_fips_endpoint = true\nuse_dualstack_endpoint = true\n");
goes_to_aws('a variable before the profile', 'glue.us-east-1.api.aws');
with_environment();
goes_to_aws('both by the profile', 'glue-fips.us-east-1.api.aws');

#
# The places, the first of which counts
#

my $services = <<"CONFIG";
[default]
region = eu-north-1
services = elsewhere
endpoint_url = @{[ url('profile') ]}
[profile plain]
endpoint_url = @{[ url('plain') ]}
[profile other]
services = of-s3
endpoint_url = @{[ url('other') ]}
[profile dangling]
services = nowhere
[profile ignoring]
ignore_configured_endpoint_urls = true
services = elsewhere
endpoint_url = @{[ url('profile') ]}
[services elsewhere]
s3 =
  endpoint_url = @{[ url('s3') ]}
glue =
  endpoint_url = @{[ url('services') ]}
sts =
  endpoint_url = @{[ url('services-sts') ]}
[services of-s3]
s3 =
  endpoint_url = @{[ url('s3') ]}
CONFIG
write_config($services);
my @variables = (
	AWS_ENDPOINT_URL => url('all'),
	AWS_ENDPOINT_URL_GLUE => url('glue'),
	AWS_ENDPOINT_URL_S3 => url('s3'),
	AWS_ENDPOINT_URL_STS => url('sts'));

with_environment(@variables);
my %by_server =
  (sql => get_sql('x') =~ s/\)$/, server => 'somewhere')/r);
my $request = goes_to('a server', 'server', %by_server);
is($request->{region}, 'eu-south-2', 'a server: signed for its region');
goes_to('a server before the setting', 'server', %by_server,
	endpoint_url => url('setting'));
goes_to('the setting', 'setting', endpoint_url => url('setting'));
goes_to('AWS_ENDPOINT_URL_GLUE', 'glue');
my $who = 'SELECT * FROM glue_caller_identity()';
goes_to('AWS_ENDPOINT_URL_STS', 'sts', sql => $who);

with_environment(@variables[ 0, 1 ], AWS_ENDPOINT_URL_STS => '');
goes_to('AWS_ENDPOINT_URL', 'all');
goes_to('AWS_ENDPOINT_URL, for STS', 'all', sql => $who);
goes_to('AWS_ENDPOINT_URL_STS alone is not the setting\'s', 'all',
	sql => $who, endpoint_url => url('setting'));

with_environment(AWS_ENDPOINT_URL_STS => '');
$request = goes_to('the section of services', 'services', region => '');
is($request->{region}, 'eu-north-1',
	'the section of services: signed for the region of the profile');
goes_to('the section of services, for STS', 'services-sts', sql => $who);
with_environment(AWS_PROFILE => 'plain', AWS_ENDPOINT_URL_STS => '');
goes_to('endpoint_url of the profile', 'plain');
goes_to('endpoint_url of the profile, for STS', 'plain', sql => $who);
with_environment(AWS_PROFILE => 'other');
goes_to('a section of other services', 'other');
with_environment(AWS_PROFILE => 'dangling');
refused('a section that is not there',
	qr/^Profile "dangling" names a section "services nowhere"/);

# The region of a custom endpoint comes from wherever else it does.
with_environment(
	AWS_ENDPOINT_URL_GLUE => url('glue'),
	AWS_REGION => 'sa-east-1',
	AWS_DEFAULT_REGION => 'us-west-2');
is(goes_to('AWS_REGION', 'glue', region => '')->{region},
	'sa-east-1', 'AWS_REGION: is signed for');
is(goes_to('the setting', 'glue')->{region},
	'us-east-1', 'the setting before AWS_REGION');
is( goes_to('the server', 'server', region => '', %by_server)->{region},
	'eu-south-2', 'the server before AWS_REGION');
with_environment(
	AWS_ENDPOINT_URL_GLUE => url('glue'),
	AWS_DEFAULT_REGION => 'us-west-2');
is(goes_to('AWS_DEFAULT_REGION', 'glue', region => '')->{region},
	'us-west-2', 'AWS_DEFAULT_REGION: is signed for');

#
# Switched off
#

with_environment(@variables, AWS_IGNORE_CONFIGURED_ENDPOINT_URLS => 'true');
goes_to_aws('ignored by a variable', 'glue.us-east-1.amazonaws.com');
goes_to('but not the setting', 'setting', endpoint_url => url('setting'));
goes_to('nor the server', 'server', %by_server);
with_environment(AWS_PROFILE => 'ignoring');
goes_to_aws('ignored by the profile', 'glue.us-east-1.amazonaws.com');
with_environment(
	AWS_PROFILE => 'ignoring',
	AWS_IGNORE_CONFIGURED_ENDPOINT_URLS => 'false');
goes_to('a variable before the profile', 'services');
with_environment(@variables,
	AWS_IGNORE_CONFIGURED_ENDPOINT_URLS => $word);
refused('a switch that is none',
	qr/^AWS_IGNORE_CONFIGURED_ENDPOINT_URLS must be "true" or "false"\.$/);

#
# Contradictions and nonsense, with the name of the place
#

foreach my $case (
	[ AWS_USE_FIPS_ENDPOINT => qr/FIPS endpoints/ ],
	[ AWS_USE_DUALSTACK_ENDPOINT => qr/dual-stack endpoints/ ])
{
	my ($variable, $detail) = @$case;

	with_environment(@variables, $variable => 'true');
	refused("$variable and a custom endpoint",
		qr/custom endpoint cannot be combined with $detail\. .*AWS_ENDPOINT_URL_GLUE\.$/);
	refused(
		"$variable and the setting",
		qr/custom endpoint cannot be combined with $detail\.$/,
		endpoint_url => url('setting'));
	with_environment($variable => 'yes');
	refused("$variable = yes", qr/^$variable must be "true" or "false"\.$/);
}
with_environment(
	AWS_ENDPOINT_URL_STS => url('sts'),
	AWS_IGNORE_CONFIGURED_ENDPOINT_URLS => 'false',
	AWS_PROFILE => 'none');
write_config("[profile none]\nuse_fips_endpoint = true\n");
goes_to_aws('a contradiction for STS alone',
	'glue-fips.us-east-1.amazonaws.com');
refused('a contradiction for STS, which is called',
	qr/custom endpoint cannot be combined with FIPS.*AWS_ENDPOINT_URL_STS\.$/,
	sql => $who);

my $form = qr/must have the form/;
my $https = qr/must use https/;
foreach my $case (
	[ "http://$word.example/", $https ],
	[ "http://127.0.0.1.$word.example", $https ],
	[ "http://169.254.169.254/$word", $https ],
	[ "https://user:$word\@127.0.0.1", $form ],
	[ "https://127.0.0.1/?$word", $form ],
	[ "https://127.0.0.1/#$word", $form ],
	[ "ftp://$word", $form ],
	[ $word, $form ])
{
	my ($url, $detail) = @$case;

	with_environment(AWS_ENDPOINT_URL_GLUE => $url);
	refused("AWS_ENDPOINT_URL_GLUE = $url",
		qr/$detail.*AWS_ENDPOINT_URL_GLUE\.$/);
	with_environment(AWS_ENDPOINT_URL_STS => $url);
	refused("AWS_ENDPOINT_URL_STS = $url",
		qr/$detail.*AWS_ENDPOINT_URL_STS\.$/, sql => $who);
}
with_environment();
write_config("[default]\nendpoint_url = $word\n");
refused('endpoint_url of the profile',
	qr/$form.*"endpoint_url" of profile "default"\.$/);
write_config("[default]\nservices = s\n[services s]\nglue =\n  endpoint_url = $word\n");
refused('endpoint_url of services',
	qr/$form.*"endpoint_url" of "glue" in section "services s"\.$/);

$cluster->finish;
done_testing();
