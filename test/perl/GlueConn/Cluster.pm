# Copyright (c) 2026, glue_conn contributors

=pod

=head1 NAME

GlueConn::Cluster - a PostgreSQL server with glue_conn and a local Glue

=head1 SYNOPSIS

	use GlueConn::Cluster;
	use GlueConn::Inputs;

	my $cluster = GlueConn::Cluster->start;
	my $session = $cluster->session;
	my $watch = $cluster->watch;

	$cluster->glue->misbehave(
		operation => 'CreateConnection', kind => 'lost-after');
	is($session->query(create_sql(jdbc('orders')))->output, 'READY', 'created');
	is($cluster->row('orders')->{status}, 'READY', 'and recorded');

	$session->quit;
	$cluster->finish;
	done_testing();

=head1 DESCRIPTION

Every test script has its own server and its own local Glue, both on ports
that were free.  The server's environment holds the access key of the local
Glue, and its settings lead there.

=cut

package GlueConn::Cluster;

use strict;
use warnings;

use Exporter 'import';
use File::Basename qw(basename dirname);
use GlueConn::Inputs;
use GlueConn::LocalGlue;
use GlueConn::Session;
use GlueConn::Watch;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(sleep time);

our @EXPORT = qw(wait_until);

# The region of all calls that are not about regions.
our $region = 'us-east-1';

=pod

=head1 METHODS

=over

=item GlueConn::Cluster->start(name => value, ...)

Start both, and create the extension in the database postgres.

B<glue> are command line options of the local Glue, B<conf> lines for
postgresql.conf, B<init> arguments for the init() of PostgreSQL::Test::Cluster,
and B<environment> is a hash of environment variables of the server, instead
of those with the access key.  With B<preload>, the library is preloaded; with
B<secret_key>, there is a key for secrets of requests.  B<odd> is a list: the
name of a file of F<test/t> in C, without its ending, that is preloaded into
every process of the server, and variables for it.  The settings have the
account of the credentials; with B<asks_account>, it comes from AWS STS.

=cut

sub start
{
	my ($class, %parameters) = @_;
	my $stderr = "$PostgreSQL::Test::Utils::tmp_check/"
	  . basename($0) . '.local_glue';
	my $glue = GlueConn::LocalGlue->new(
		options => $parameters{glue}, stderr => $stderr);
	my $self = bless { glue => $glue->start, stderr => $stderr }, $class;

	$self->{$_} = $parameters{$_}
	  foreach qw(preload secret_key asks_account);
	$self->{environment} = $parameters{environment} || {
		AWS_ACCESS_KEY_ID => $glue->access_key,
		AWS_SECRET_ACCESS_KEY => $glue->secret_key,
		$parameters{odd} ? _preloaded(@{ $parameters{odd} }) : ()
	};
	$self->{node} = PostgreSQL::Test::Cluster->new('main');
	$self->{node}->init(
		extra => [ '--encoding=UTF8', '--locale=C' ],
		%{ $parameters{init} || {} });
	$self->{node}->append_conf('postgresql.conf',
		$self->settings . ($parameters{conf} // ''));
	$self->write_secret_key if $self->{secret_key};
	$self->in_environment(sub { $self->{node}->start });
	$self->{node}->safe_psql('postgres', 'CREATE EXTENSION glue_conn');
	return $self;
}

# Build a library; returns the variables that preload it.
sub _preloaded
{
	my ($name, %variables) = @_;
	my $library = PostgreSQL::Test::Utils::tempdir() . "/$name.so";
	my ($compiler) = run_command([ $ENV{PG_CONFIG} || 'pg_config', '--cc' ]);

	system_or_bail("$compiler -shared -fPIC -o $library "
		  . dirname(__FILE__) . "/../../t/$name.c -ldl");
	return (LD_PRELOAD => $library, %variables);
}

=pod

=item $cluster->node, $cluster->glue

The PostgreSQL::Test::Cluster and the GlueConn::LocalGlue.

=item $cluster->settings

The lines of postgresql.conf that lead to the local Glue, and those of B<preload>
and B<secret_key>.

=item $cluster->in_environment(function)

Call a function that starts a server with the environment that it needs: none
of the variables for AWS that we have ourselves, but those that were given to
B<start>.  Unless they say otherwise, there is no metadata service, and STS is
the local Glue.

=item $cluster->restart(variable => value, ...)

Restart the server with these variables for AWS, and no others.

=item $cluster->start_node(node)

Start a server, or another one, in that environment.

=item $cluster->write_secret_key(node)

Write the key for secrets of requests, always the same, for the server or another
one; returns the name of the file for postgresql.conf.  It is beside the data
directory, so that no backup has it.

=item $cluster->crash(node)

Kill all processes of the server, or of another one, at once, as a power cut
would, and wait until they are gone.

=cut

sub node { return $_[0]{node}; }

sub glue { return $_[0]{glue}; }

sub settings
{
	my ($self) = @_;

	return "glue_conn.region = '$region'\n"
	  . "glue_conn.endpoint_url = '" . $self->glue->url . "'\n"
	  . "glue_conn.ca_file = '" . $self->glue->ca_file . "'\n"
	  . ($self->{asks_account} ? ''
		: "glue_conn.account_id = '$GlueConn::LocalGlue::ACCOUNT'\n")
	  . ($self->{preload} ? "shared_preload_libraries = 'glue_conn'\n" : '')
	  . ($self->{secret_key} ? "glue_conn.secret_key_file = '../secret.key'\n" : '');
}

sub in_environment
{
	my ($self, $function) = @_;
	my %kept = map { $_ => $ENV{$_} } grep { !/^AWS_/ } keys %ENV;

	# No test uses this machine's own metadata service, and roles are
	# assumed here.
	local %ENV = (
		%kept,
		AWS_EC2_METADATA_DISABLED => 'true',
		AWS_ENDPOINT_URL_STS => $self->glue->url,
		%{ $self->{environment} });
	return $function->();
}

sub restart
{
	my ($self, %environment) = @_;

	$self->{environment} = \%environment;
	$self->node->stop;
	$self->in_environment(sub { $self->node->start });
	return;
}

sub start_node
{
	my ($self, $node) = @_;

	$node //= $self->node;
	return $self->in_environment(sub { $node->start });
}

sub write_secret_key
{
	my ($self, $node) = @_;
	my $file = ($node // $self->node)->data_dir . '/../secret.key';

	append_to_file($file, 'ab' x 32 . "\n");
	chmod 0600, $file or die "could not chmod $file: $!\n";
	return '../secret.key';
}

sub crash
{
	my ($self, $node) = @_;

	$node //= $self->node;
	my ($postmaster) =
	  slurp_file($node->data_dir . '/postmaster.pid') =~ /^(\d+)/;

	# those that are children of the postmaster no more are found as well
	$node->kill9;
	wait_until(sub {
		my @left = _processes_of($node->data_dir);

		kill 'KILL', @left;
		return !@left && !kill 0, $postmaster;
	}, 'the server and its children are gone');
	return;
}

# The processes whose working directory this is.
sub _processes_of
{
	my ($directory) = @_;

	return map { m{(\d+)/cwd$} }
	  grep { (readlink($_) // '') eq $directory } glob('/proc/[0-9]*/cwd');
}

=pod

=item $cluster->session(node => ..., database => ..., user => ..., encoding => ...)

A new GlueConn::Session at the server, in the database postgres and as superuser
unless something else is said.  B<settings> is a hash of settings for the session,
B<environment> one of variables for psql.

=item $cluster->held_session(kind, name, sql)

A session in the middle of a call that creates a connection, where the local
Glue holds it: it is created, but there is no answer, if the kind is "slow";
neither, if it is "stall".

=item $cluster->query(sql, ...)

Run a statement in a session of its own; the further arguments are those of
B<session>.

=item $cluster->row(name)

The row of glue_connection for a connection, as a hash; undef if there is
none.

=item $cluster->facts(name)

How often a connection was created and recorded, and with which status.

=item $cluster->drift(name)

The paths and messages of the drifted members of a connection.

=item $cluster->configure(session, name => value, ...)

Set parameters for the whole server (undef resets one) from a session that knows
them, and wait until it has read them.

=item $cluster->watch

A new GlueConn::Watch.

=cut

sub session
{
	my ($self, %wanted) = @_;
	my $connstr = ($wanted{node} // $self->node)->connstr($wanted{database} // 'postgres');
	my $settings = $wanted{settings} || {};
	my %environment = %{ $wanted{environment} || {} };

	$connstr .= " user=$wanted{user}" if defined $wanted{user};
	$environment{PGCLIENTENCODING} = $wanted{encoding}
	  if defined $wanted{encoding};
	$environment{PGOPTIONS} = join ' ',
	  map { "-c $_=$settings->{$_}" } sort keys %$settings;
	return GlueConn::Session->new($connstr, %environment);
}

sub held_session
{
	my ($self, $kind, $name, $sql) = @_;
	my $glue = $self->glue;
	my $session = $self->session;

	$glue->misbehave(operation => 'CreateConnection', name => $name,
		kind => $kind, $kind eq 'slow' ? (delay_ms => 60000) : ());
	$session->send($sql);
	wait_until(sub {
		grep { $_->{body} =~ /"$name"/ }
		  $glue->requests(operation => 'CreateConnection');
	}, "the message about $name is sent");
	wait_until(sub { $glue->created($name) }, "$name is created")
	  if $kind eq 'slow';
	return $session;
}

sub query
{
	my ($self, $sql, %wanted) = @_;
	my $session = $self->session(%wanted);
	my $result = $session->query($sql);

	$session->quit;
	return $result;
}

sub row
{
	my ($self, $name) = @_;
	my $row = $self->query('SELECT to_json(c) FROM glue_connection c'
		  . ' WHERE name = ' . literal($name))->output;

	return $row eq '' ? undef : json_value($row);
}

sub facts
{
	my ($self, $name) = @_;

	return $self->glue->created($name) . ' '
	  . $self->query('SELECT count(*), min(status) FROM glue_connection'
		  . ' WHERE name = ' . literal($name))->output;
}

sub drift
{
	my ($self, $name) = @_;

	return $self->query('SELECT path, message FROM glue_connection_drift()'
		  . ' WHERE name = ' . literal($name))->output;
}

sub configure
{
	my ($self, $session, %settings) = @_;
	my $loaded = $session->must('SELECT pg_conf_load_time()')->output;

	foreach my $name (sort keys %settings)
	{
		$session->must('ALTER SYSTEM '
			  . (defined $settings{$name} ?
				  "SET $name = " . literal($settings{$name}) : "RESET $name"));
	}
	$self->node->reload;
	wait_until(sub {
		$session->must("SELECT pg_conf_load_time() <> '$loaded'")->output eq 't';
	}, 'the session has read them');
	return;
}

sub watch
{
	my ($self) = @_;

	return GlueConn::Watch->new($self->glue);
}

=pod

=item $cluster->finish

Stop both, and test that neither had an accident on the way.

=back

=cut

sub finish
{
	my ($self) = @_;

	$self->node->stop;
	$self->glue->stop;
	unlike(slurp_file($self->node->logfile),
		qr/terminated by signal|PANIC:|TRAP:|stack smashing|memory leak/,
		'no process of the server crashed');
	is(slurp_file($self->{stderr}), '',
		'the local Glue has nothing to complain about');
	return;
}

=pod

=head1 FUNCTIONS

=over

=item wait_until(condition, name)

Wait until a function returns true, and return that; die if it does not in
good time.

=back

=cut

sub wait_until
{
	my ($condition, $what) = @_;
	my $deadline = time + $PostgreSQL::Test::Utils::timeout_default;

	while (time < $deadline)
	{
		my $value = $condition->();
		return $value if $value;
		sleep 0.02;
	}
	die "waited in vain for this: $what\n";
}

1;
