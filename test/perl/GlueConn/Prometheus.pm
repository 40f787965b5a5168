# Copyright (c) 2026, glue_conn contributors

=pod

=head1 NAME

GlueConn::Prometheus - a Prometheus that hurries, and an exporter

=head1 SYNOPSIS

	use GlueConn::Prometheus;

	my $exporter = GlueConn::Prometheus::start_postgres_exporter($connstr, $queries);
	my $prometheus = GlueConn::Prometheus->start(9187 => $exporter);

	wait_until(sub { $prometheus->firing('GlueNoWorker') }, 'it fires');
	my @values = $prometheus->values('sum(glue_request_queued)');

=head1 DESCRIPTION

The programs are Debian's.  The files in F<monitoring> are used unchanged, but for the
ports and the times, which are cut to seconds.  All processes end with the script.

=cut

package GlueConn::Prometheus;

use strict;
use warnings;

use HTTP::Tiny;
use JSON::PP;
use POSIX qw(_exit);
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;

# Replacements for minutes and hours, and for the longest age of a request.
our $window = '8s';
our $oldest = 3;

my @processes;

# Those that were not started here are not ours to end.
sub _start
{
	my ($log, @command) = @_;
	my $pid = fork // die "could not fork: $!";

	if ($pid == 0)
	{
		open STDIN, '<', '/dev/null';
		open STDOUT, '>>', "$PostgreSQL::Test::Utils::log_path/$log.log";
		open STDERR, '>&', \*STDOUT;
		exec @command or _exit(127);
	}
	push @processes, $pid;
	return $pid;
}

END
{
	my $status = $?;

	kill 'TERM', $_ foreach @processes;
	waitpid $_, 0 foreach @processes;
	$? = $status;
}

sub _write
{
	my ($file, $text) = @_;

	open my $handle, '>', $file or die "could not write $file: $!\n";
	print $handle $text;
	close $handle or die "could not write $file: $!\n";
	return $file;
}

=pod

=head1 FUNCTIONS AND METHODS

=over

=item start_postgres_exporter(node, user), start_sql_exporter(node, user)

Start an exporter with the queries in F<monitoring>; returns its port.

=item hurried(rules)

The text of rules with times of seconds.

=item GlueConn::Prometheus->start(port => port, ...)

Start Prometheus with F<monitoring/prometheus.yaml>, where these ports are replaced.

=item $prometheus->values(expression)

The values of an expression, or an empty list.

=item $prometheus->names

The names of all series that begin with "glue_".

=item $prometheus->firing(alert)

How many alerts of that name are firing.

=back

=cut

sub start_postgres_exporter
{
	my ($node, $user) = @_;
	my $port = PostgreSQL::Test::Cluster::get_free_port();

	local $ENV{DATA_SOURCE_NAME} = 'host=' . $node->host . ' port=' . $node->port
	  . " user=$user dbname=postgres sslmode=disable";
	_start("postgres_exporter_$port", 'prometheus-postgres-exporter',
		"--web.listen-address=127.0.0.1:$port",
		'--extend.query-path=monitoring/postgres_exporter.yaml',
		'--disable-default-metrics', '--disable-settings-metrics');
	return $port;
}

sub start_sql_exporter
{
	my ($node, $user) = @_;
	my $port = PostgreSQL::Test::Cluster::get_free_port();
	my $config = slurp_file('monitoring/sql_exporter.yaml');
	my $url = "postgres://$user\@/postgres?host=" . $node->host . '&port='
	  . $node->port . '&sslmode=disable';

	$config =~ s{postgres://\S+}{$url} or die 'no connection';
	$config =~ s{interval: 15s}{interval: 1s} or die 'no interval';
	_start("sql_exporter_$port", 'prometheus-sql-exporter',
		'-config.file', _write(PostgreSQL::Test::Utils::tempdir() . '/sql_exporter.yaml', $config),
		'-web.listen-address', "127.0.0.1:$port");
	return $port;
}

sub hurried
{
	my ($rules) = @_;

	$rules =~ s/^( +for:) \d+[mh]$/$1 1s/mg;
	$rules =~ s/(\[|offset )(?:5m|1h)\b/$1$window/g;
	$rules =~ s/> 900$/> $oldest/m;
	die "there are other times: $1\n" if $rules =~ /(\b\d+[mh]\b)/;
	return $rules;
}

sub start
{
	my ($class, %ports) = @_;
	my $port = PostgreSQL::Test::Cluster::get_free_port();
	my $directory = PostgreSQL::Test::Utils::tempdir();
	my $config = slurp_file('monitoring/prometheus.yaml');

	$config =~ s/localhost:$_'/127.0.0.1:$ports{$_}'/ or die "no port $_" foreach keys %ports;
	$config =~ s/\b15s$/1s/mg;
	_write("$directory/alerts.yaml", hurried(slurp_file('monitoring/alerts.yaml')));
	_start("prometheus_$port", 'prometheus',
		'--config.file=' . _write("$directory/prometheus.yaml", $config),
		"--storage.tsdb.path=$directory/data", "--web.listen-address=127.0.0.1:$port");
	return bless {
		url => "http://127.0.0.1:$port/api/v1",
		http => HTTP::Tiny->new(proxy => undef, http_proxy => undef, timeout => 60),
	}, $class;
}

# The answer of its API; undef until there is one.
sub _ask
{
	my ($self, $path, %form) = @_;
	my $query = $self->{http}->www_form_urlencode(\%form);
	my $answer = $self->{http}->get("$self->{url}/$path?$query");

	return undef if $answer->{status} == 599 || $answer->{status} == 503;
	die "$path: $answer->{status} $answer->{content}\n" if !$answer->{success};
	return decode_json($answer->{content})->{data};
}

sub values
{
	my ($self, $expression) = @_;
	my $data = $self->_ask('query', query => $expression);

	return $data ? map { $_->{value}[1] } @{ $data->{result} } : ();
}

sub names
{
	my ($self) = @_;

	return grep { /^glue_/ } @{ $self->_ask('label/__name__/values') // [] };
}

sub firing
{
	my ($self, $alert) = @_;
	my $data = $self->_ask('alerts') // { alerts => [] };

	return scalar grep { $_->{labels}{alertname} eq $alert && $_->{state} eq 'firing' }
	  @{ $data->{alerts} };
}

1;
