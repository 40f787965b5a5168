
=pod

=head1 NAME

GlueConn::LocalGlue - start, steer and stop the local Glue

=head1 SYNOPSIS

	use GlueConn::LocalGlue;

	my $glue = GlueConn::LocalGlue->new;
	$glue->start;

	$node->append_conf('postgresql.conf',
		"glue_conn.endpoint_url = '" . $glue->url . "'\n"
		  . "glue_conn.ca_file = '" . $glue->ca_file . "'");

	# The next CreateConnection is carried out, but its answer is lost.
	$glue->misbehave(operation => 'CreateConnection', kind => 'lost-after');

	# ... create a connection ...

	is($glue->created('orders'), 1, 'created once');
	is($glue->connection('orders')->{status}, 'READY', 'and ready');

	$glue->stop;

=head1 DESCRIPTION

The local Glue is a stand-in for AWS Glue, STS and the metadata services of
EC2 and ECS; see F<test/local_glue/README.md> for its behaviour and for all
rules and settings.  This module runs one as a child process and speaks to its
control port, with nothing but Perl's core modules.

The server ends when it is stopped, when the object goes away, or when the
test dies for any reason: it holds the other end of a pipe.

=cut

package GlueConn::LocalGlue;

use strict;
use warnings;

use Cwd qw(abs_path);
use File::Basename qw(dirname);
use HTTP::Tiny;
use JSON::PP;

# How long the server may take to start, in seconds.
my $start_timeout = 60;

# Its default account.
our $ACCOUNT = '123456789012';

# The one key that the server knows from the start.
my $example_access_key = 'AKIDEXAMPLE';
my $example_secret_key = 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY';

=pod

=head1 METHODS

=over

=item GlueConn::LocalGlue->new(options => [...], stderr => $path)

Prepare a server.  B<options> are command line options of local_glue, such as
C<'--region', 'eu-central-1'>.  B<stderr> is a file for its
complaints; without it they go to the test's own standard error.

=cut

sub new
{
	my ($class, %parameters) = @_;
	my $self = {
		options => $parameters{options} || [],
		stderr => $parameters{stderr},
		http => HTTP::Tiny->new(
			proxy => undef,
			http_proxy => undef,
			timeout => 60),
		json => JSON::PP->new->utf8,
	};
	return bless $self, $class;
}

=pod

=item $glue->start(@options)

Start the server and wait until it is ready.  B<@options> come after those
given to B<new>.

=cut

sub start
{
	my ($self, @options) = @_;
	die "the local Glue runs already" if $self->{pid};

	my $program = abs_path(dirname(__FILE__) . '/../../local_glue');
	my @command = (
		'/usr/bin/python3', '-B', $program, '--exit-with-parent',
		@{ $self->{options} }, @options);

	pipe(my $child_stdin, my $parent_stdin) or die "pipe: $!";
	pipe(my $parent_stdout, my $child_stdout) or die "pipe: $!";
	my $pid = fork();
	die "fork: $!" unless defined $pid;
	if ($pid == 0)
	{
		$self->_become_server($child_stdin, $child_stdout, @command);
	}
	close $child_stdin;
	close $child_stdout;

	$self->{pid} = $pid;
	$self->{owner} = $$;
	$self->{stdin} = $parent_stdin;
	$self->{ready} = $self->_read_ready_line($parent_stdout);
	return $self;
}

# In the child: put the pipes in place and run the server.
sub _become_server
{
	my ($self, $stdin, $stdout, @command) = @_;

	open(STDIN, '<&', $stdin) or die "stdin: $!";
	open(STDOUT, '>&', $stdout) or die "stdout: $!";
	if ($self->{stderr})
	{
		open(STDERR, '>>', $self->{stderr}) or die "$self->{stderr}: $!";
	}
	exec @command or die "$command[0]: $!";
}

# Wait for the line that says that the server is ready, and where.
sub _read_ready_line
{
	my ($self, $stdout) = @_;

	my $bits = '';
	vec($bits, fileno($stdout), 1) = 1;
	my $line = select($bits, undef, undef, $start_timeout) ? <$stdout> : undef;
	close $stdout;
	if (!defined $line)
	{
		$self->stop;
		die "the local Glue did not start";
	}
	return $self->{json}->decode($line);
}

=pod

=item $glue->stop

Stop the server and wait for its end.  To stop one that is stopped does
nothing.

=cut

sub stop
{
	my ($self) = @_;

	my $pid = delete $self->{pid} or return;
	close delete $self->{stdin};
	kill 'TERM', $pid;
	waitpid $pid, 0;
	return;
}

# A child of the test that has a copy of the object must not stop the server.
sub DESTROY
{
	my ($self) = @_;

	local $?;
	$self->stop if $self->{pid} && $self->{owner} == $$;
	return;
}

=pod

=item $glue->port, $glue->metadata_port, $glue->proxy_port,
$glue->control_port, $glue->pid

The ports of AWS, of the metadata services, of the proxy and of the control
API, and the server's process id.

=item $glue->ca_file

The file with the certificate of the authority that signed the server's.

=item $glue->url

The URL of the service port: Glue and STS.

=item $glue->metadata_url

The URL of the metadata port, without a path or a slash.

=item $glue->access_key, $glue->secret_key

A key that the server knows.

=cut

sub port { return $_[0]{ready}{port}; }

sub metadata_port { return $_[0]{ready}{metadata_port}; }

sub proxy_port { return $_[0]{ready}{proxy_port}; }

sub control_port { return $_[0]{ready}{control_port}; }

sub pid { return $_[0]{pid}; }

sub ca_file { return $_[0]{ready}{ca_file}; }

sub url
{
	my ($self) = @_;

	my $scheme = defined $self->ca_file ? 'https' : 'http';
	return "$scheme://localhost:" . $self->port;
}

sub metadata_url
{
	my ($self) = @_;

	return 'http://127.0.0.1:' . $self->metadata_port;
}

sub access_key { return $example_access_key; }

sub secret_key { return $example_secret_key; }

=pod

=item $glue->misbehave(kind => $kind, ...)

Add a rule of misbehaviour.

=item $glue->behave

Drop all rules.

=item $glue->set(name => value, ...)

Change settings.  True and false are C<\1> and C<\0>.

=item $glue->reset

Be as at the start: no connections, no journal, the first settings.

=cut

sub misbehave
{
	my ($self, %rule) = @_;

	return $self->_control('POST', '/misbehave', \%rule);
}

sub behave
{
	my ($self) = @_;

	return $self->_control('DELETE', '/misbehave');
}

sub set
{
	my ($self, %settings) = @_;

	return $self->_control('POST', '/settings', \%settings);
}

sub reset
{
	my ($self) = @_;

	return $self->_control('POST', '/reset');
}

=pod

=item $glue->put_connection(input => {...}, ...)

Put a connection in, as somebody else would; further members are C<region>,
C<tags>, C<status>, C<status_reason>, C<created> and so on.

=item $glue->put_connections(input, ...)

Put many in at once.

=item $glue->remove_connection($name, region => $region)

Remove a connection, as somebody else would.

=item $glue->add_credentials(access_key => ..., secret_key => ..., ...)

Make a key known; further members are C<token>, C<expires_in> (seconds) and
C<account>.

=item $glue->credentials

All keys that are known, those that were handed out among them, with all
secrets.

=item $glue->forget_tokens

Make all session tokens of the instance metadata service invalid.

=item $glue->web_identity(subject => ..., expires_in => ...)

A token for AssumeRoleWithWebIdentity.

=cut

sub put_connection
{
	my ($self, %connection) = @_;

	return $self->_control('POST', '/connections', \%connection);
}

sub put_connections
{
	my ($self, @inputs) = @_;

	$self->_control('POST', '/connections', [ map { { input => $_ } } @inputs ]);
	return;
}

sub remove_connection
{
	my ($self, $name, %where) = @_;

	my $query = $self->{http}->www_form_urlencode({ %where, name => $name });
	return $self->_control('DELETE', "/connections?$query");
}

sub add_credentials
{
	my ($self, %credentials) = @_;

	return $self->_control('POST', '/credentials', \%credentials);
}

sub credentials
{
	my ($self) = @_;

	return @{ $self->_control('GET', '/credentials') };
}

sub forget_tokens
{
	my ($self) = @_;

	return $self->_control('POST', '/forget-tokens', {});
}

sub web_identity
{
	my ($self, %parameters) = @_;

	return $self->_control('POST', '/web-identity', \%parameters)->{token};
}

=pod

=item $glue->state

All connections and their history, with all secrets.

=item $glue->connection($name)

One connection (the first of that name, in any region), or undef.

=item $glue->created($name)

How many times a connection of that name was created.

=item $glue->requests(operation => ..., since => ...)

The journal: a list of messages, all of them or those of one operation, or
those after a sequence number.

=item $glue->counters

Connections, handshakes and messages, counted.

=cut

sub state
{
	my ($self) = @_;

	return $self->_control('GET', '/state');
}

sub connection
{
	my ($self, $name) = @_;

	my ($connection) =
	  grep { $_->{name} eq $name } @{ $self->state->{connections} };
	return $connection;
}

sub created
{
	my ($self, $name) = @_;

	my $times = 0;
	foreach my $history (@{ $self->state->{history} })
	{
		$times += $history->{created} if $history->{name} eq $name;
	}
	return $times;
}

sub requests
{
	my ($self, %filter) = @_;

	my $query = $self->{http}->www_form_urlencode(\%filter);
	return @{ $self->_control('GET', "/requests?$query") };
}

sub counters
{
	my ($self) = @_;

	return $self->_control('GET', '/counters');
}

# One message to the control API; dies if it is refused.
sub _control
{
	my ($self, $method, $path, $content) = @_;

	my $url = 'http://127.0.0.1:' . $self->control_port . $path;
	my %options;
	$options{content} = $self->{json}->encode($content) if defined $content;
	my $response = $self->{http}->request($method, $url, \%options);
	die "$method $path: $response->{status} $response->{content}"
	  unless $response->{success};
	return $self->{json}->decode($response->{content});
}

=pod

=back

=cut

1;
