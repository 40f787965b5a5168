# Copyright (c) 2026, glue_conn contributors

=pod

=head1 NAME

GlueConn::Callers - the identity of a server, and its sources of credentials

=head1 SYNOPSIS

	use GlueConn::Callers;

	my $cluster = start_with_callers(ENV => '100000000001');

	with_environment(pair('ENV'), AWS_CONFIG_FILE => write_file('config',
		"[default]\nrole_arn = " . role('app') . "\ncredential_source = Environment\n"));
	my @requests = acts_as('a role', session_of('app'));
	is(operations(@requests), 'AssumeRole GetCallerIdentity', 'is assumed');

	tells_no_secret();

=head1 DESCRIPTION

A script has one server, whose home directory is empty at first, and the local
Glue knows callers by their names.  All secrets of theirs have one word in them.

=cut

package GlueConn::Callers;

use strict;
use warnings;

use Exporter 'import';
use GlueConn::Cluster;
use GlueConn::Inputs;
use PostgreSQL::Test::Utils;
use Test::More;

our @EXPORT = qw($word $home $none start_with_callers pair keys_of role session_of
  write_file with_environment run acts_as refused operations form tells_no_secret);

our $word = 'SeCrEtWoRd';
our $none = qr/^could not find AWS credentials$/;

our $home;
my $cluster;

# psql's output.
my $said = '';

=pod

=head1 FUNCTIONS

=over

=item start_with_callers(caller => account, ...)

Start a GlueConn::Cluster; its local Glue knows these callers, and if there is an
account, they are users of that.

=item pair(caller), keys_of(caller)

The keys of a caller as variables, and as lines of a profile.

=item role(name, account), session_of(name, session, account)

The ARN of a role, and the result of glue_caller_identity() for a session of it.

=item write_file(name, text)

Write a file in the home directory; returns its path.

=item with_environment(variable => value, ...)

Restart the server with these variables.

=cut

sub start_with_callers
{
	my (%accounts) = @_;

	$home = PostgreSQL::Test::Utils::tempdir();
	$cluster = GlueConn::Cluster->start(environment => { HOME => $home });
	foreach my $caller (sort keys %accounts)
	{
		my $account = $accounts{$caller};

		$cluster->glue->add_credentials(
			access_key => $caller,
			secret_key => "$word/$caller",
			defined $account
			? (account => $account, arn => "arn:aws:iam::$account:user/$caller")
			: ());
	}
	return $cluster;
}

sub pair
{
	my ($caller) = @_;

	return (
		AWS_ACCESS_KEY_ID => $caller,
		AWS_SECRET_ACCESS_KEY => "$word/$caller");
}

sub keys_of
{
	my ($caller) = @_;

	return "aws_access_key_id = $caller\n"
	  . "aws_secret_access_key = $word/$caller\n";
}

sub role
{
	my ($name, $account) = @_;

	return 'arn:aws:iam::' . ($account // '200000000000') . ":role/$name";
}

sub session_of
{
	my ($name, $session, $account) = @_;

	$account //= '200000000000';
	return "$account arn:aws:sts::$account:assumed-role/$name/"
	  . ($session // 'glue_conn');
}

sub write_file
{
	my ($name, $text) = @_;

	open my $file, '>', "$home/$name" or die "$home/$name: $!";
	print $file $text;
	close $file;
	return "$home/$name";
}

sub with_environment { return $cluster->restart(HOME => $home, @_); }

=pod

=item run(sql, setting => value, ...)

Run a statement in a new backend, which knows no credentials yet, with messages
of all levels; returns the result.

=item acts_as(case, identity, setting => value, ...)

Ask AWS for our identity, by the statement B<sql> if there is one, and test the answer;
returns the messages that this took.

=item refused(case, message, detail, setting => value, ...)

Make a call for which there are no credentials; returns the result and the
messages that failed.  B<$none> is the message if none were found.

=item operations(request, ...), form(request)

The names of operations, with blanks between, and the parameters of a call of STS.

=item tells_no_secret()

Test that neither psql nor the log has shown a secret that was handed out.

=back

=cut

sub run
{
	my ($sql, %settings) = @_;
	my %all = (
		log_min_messages => 'debug5',
		client_min_messages => 'debug5',
		map { ("glue_conn.$_" => $settings{$_}) } keys %settings);
	my $result = $cluster->query($sql, settings => \%all);

	$said .= $result->output . "\n" . $result->text . "\n";
	return $result;
}

sub acts_as
{
	my ($case, $identity, %settings) = @_;
	my $sql = delete $settings{sql}
	  // q{SELECT account || ' ' || arn FROM glue_caller_identity()};
	my $watch = $cluster->watch;
	my $result = run($sql, %settings);

	is($result->output, $identity, "$case: acts as that");
	diag($result->text) if $result->output ne $identity;
	return $watch->requests;
}

sub refused
{
	my ($case, $message, $detail, %settings) = @_;
	my $watch = $cluster->watch;
	my $result = run(get_sql('x'), %settings);

	is($result->sqlstate, '28000', "$case: SQLSTATE");
	like($result->message, $message, "$case: message");
	like($result->detail, $detail, "$case: detail");
	is($watch->sent('GetConnection'), 0, "$case: AWS Glue was not called");
	return ($result, $watch->requests);
}

sub operations { return join ' ', map { $_->{operation} } @_; }

sub form
{
	my ($request) = @_;
	my %form = map { s/%(..)/chr hex $1/ger } map { split /=/, $_, 2 }
	  split /&/, $request->{body};

	return \%form;
}

sub tells_no_secret
{
	my %secrets = map { ($_->{secret_key} => 1, $_->{token} => 1) }
	  $cluster->glue->credentials;

	foreach my $request ($cluster->glue->requests)
	{
		$secrets{ $request->{headers}{'x-aws-ec2-metadata-token'} // '' } = 1;
		$secrets{ form($request)->{WebIdentityToken} // '' } = 1
		  if $request->{operation} eq 'AssumeRoleWithWebIdentity';
	}
	delete $secrets{''};
	cmp_ok(scalar keys %secrets, '>', 50, 'many secrets were handed out');
	foreach my $place ([ psql => $said ],
		[ log => slurp_file($cluster->node->logfile) ])
	{
		my ($name, $text) = @$place;
		my @found = grep { index($text, $_) >= 0 } sort keys %secrets;

		is("@found", '', "none of them in the output of $name");
		like($text, qr/could not get AWS credentials from /, "which is all of $name");
		unlike($text, qr/$word/, "nor any other in $name") if $name eq 'psql';
	}
	return;
}

1;
