# Copyright (c) 2026, glue_conn contributors

=pod

=head1 NAME

GlueConn::Reference - the parts of docs/reference.md that a server knows

=head1 SYNOPSIS

	my $reference = GlueConn::Reference->new(sub { $node->safe_psql('postgres', $_[0]) });

	is($reference->filled($page), $page, 'the page agrees with the catalog');

=head1 DESCRIPTION

The page says where each part goes, by two comments:

	<!-- made of the catalog: functions -->
	<!-- end of functions -->

The parts are B<functions>, B<views>, B<tables>, B<settings>, B<server options> and
B<user mapping options>.  The text of an object is its comment in the catalog, that of
a setting its descriptions.  Only the options are in no catalog: they, and their
descriptions, are read from the source of their validator.

An object that is a heading of a page of docs/, or that stands below one after
"Arguments:", gets a link to it.

=cut

package GlueConn::Reference;

use strict;
use warnings;

use JSON::PP;
use PostgreSQL::Test::Utils;

my $most_columns = 80;

my %write = (
	functions => \&_functions,
	views => sub { _relations($_[0], 'v') },
	tables => sub { _relations($_[0], 'r') },
	settings => \&_settings,
	'server options' => sub { _options('server_options') },
	'user mapping options' => sub { _options('mapping_options') });

=pod

=head1 METHODS

=over

=item GlueConn::Reference->new(function)

B<function> executes a statement in a database with the extension, and returns the
output of psql.

=item $reference->filled(text)

A page with its parts as they are now.

=back

=cut

sub new
{
	my ($class, $query) = @_;

	return bless { query => $query }, $class;
}

sub filled
{
	my ($self, $text) = @_;

	$text =~ s{^(<!-- made of the catalog: (.*) -->\n).*?^(<!-- end of \2 -->)$}
		{ $1 . "\n" . $write{$2}->($self) . "\n" . $3 }gmse;
	return $text;
}

# The rows of a query, as hashes.
sub _rows
{
	my ($self, $sql) = @_;

	return @{ JSON::PP->new->decode(
			$self->{query}->("SELECT coalesce(json_agg(q), '[]') FROM ($sql) q")) };
}

# A comment is a phrase; here it is a sentence.
sub _sentence
{
	my ($text) = @_;

	return ucfirst(($text // 'no comment') =~ s/\.?\z/./r);
}

# In a cell of a table.
sub _cell
{
	return ($_[0] // '') =~ s/\|/\\|/gr;
}

sub _table
{
	my ($head, @rows) = @_;

	return join '', map { "| " . join(' | ', map { _cell($_) } @$_) . " |\n" }
	  $head, [ map { '---' } @$head ], @rows;
}

# The pages with more about an object: the name by its heading.
sub _pages
{
	my %page;

	foreach my $file (grep { !m{/reference\.md$} } glob('docs/*.md'))
	{
		my $base = $file =~ s{.*/}{}r;

		foreach my $section (split /^(?=##+ )/m, slurp_file($file))
		{
			my ($heading) = $section =~ /^##+ (.*?) *$/m or next;
			my $anchor = lc($heading) =~ s/[^\w\- ]//gr =~ tr/ /-/r;

			$page{$_} //= "$base#$anchor" foreach
			  $heading =~ /^(?:The table )?(glue_\w+)$/,
			  map { /\(reference\.md#(\w+)\)/g } $section =~ /^Arguments:\s(.*?)\.$/msg;
		}
	}
	return \%page;
}

# The roles that may use an object, from its list of privileges.
sub _access
{
	my ($verb, $grantees) = @_;
	my @roles = grep { $_ ne 'PUBLIC' } @$grantees;

	return "Every role may $verb it." if @roles < @$grantees;
	return 'Superusers'
	  . (@roles ? ', members of ' . join(', ', map { "`$_`" } @roles) . ',' : '')
	  . " and roles with the privilege may $verb it.";
}

# The roles with a privilege, without the owner, which has it anyway.
sub _grantees
{
	my ($privilege, $acl, $owner) = @_;

	return "array(SELECT coalesce(r.rolname, 'PUBLIC') FROM aclexplode($acl) a"
	  . ' LEFT JOIN pg_roles r ON r.oid = a.grantee'
	  . " WHERE a.privilege_type = '$privilege' AND a.grantee <> $owner ORDER BY 1)";
}

sub _functions
{
	my ($self) = @_;
	my $page = _pages();

	return join "\n", map {
		my $name = $_->{proname};
		my $more = $page->{$name} ? " [More]($page->{$name})" : '';

		"### $name\n\n" . join("\n", map {
				"```text\n" . _signature($_) . "```\n\n" . _sentence($_->{comment})
				  . ($_->{internal} ? '' : ' ' . _access($_->{kind} eq 'p' ? 'call' : 'execute', $_->{grantees}))
				  . "$more\n" } @{ $_->{all} })
	} _together($self->_rows(
		"SELECT p.proname, p.prokind AS kind, pg_get_function_arguments(p.oid) AS arguments,"
		  . ' pg_get_function_result(p.oid) AS result,'
		  . " p.prorettype IN ('trigger'::regtype, 'event_trigger'::regtype) AS internal,"
		  . " obj_description(p.oid, 'pg_proc') AS comment, "
		  . _grantees('EXECUTE', "coalesce(p.proacl, acldefault('f', p.proowner))", 'p.proowner')
		  . ' AS grantees FROM pg_proc p JOIN pg_depend d ON d.objid = p.oid'
		  . " WHERE d.classid = 'pg_proc'::regclass AND d.deptype = 'e' AND d.refobjid ="
		  . " (SELECT oid FROM pg_extension WHERE extname = 'glue_conn')"
		  . ' ORDER BY p.proname, p.pronargs, pg_get_function_identity_arguments(p.oid)'));
}

# Functions of one name are one entry.
sub _together
{
	my (@functions) = @_;
	my (@entries, %entry);

	foreach my $function (@functions)
	{
		my $name = $function->{proname};

		push @entries, $entry{$name} = { proname => $name, all => [] } unless $entry{$name};
		push @{ $entry{$name}{all} }, $function;
	}
	return @entries;
}

# As one would write it, in one line if there is room.
sub _signature
{
	my ($function) = @_;
	my $result = $function->{result} // '';
	my @arguments = split /, (?=\w+ \w)/, $function->{arguments};

	s/ DEFAULT ('[^']*'|\w+)(?:::.*)?$/ = $1/ foreach @arguments;
	$result =~ s/^(TABLE|SETOF)/\L$1/;
	my $end = ')' . ($result eq '' ? '' : " → $result") . "\n";
	my $line = ($function->{kind} eq 'p' ? 'CALL ' : '') . "$function->{proname}("
	  . join(', ', @arguments) . $end;

	return $line if length $line <= $most_columns;
	return "$function->{proname}(\n    " . join(",\n    ", @arguments) . "\n$end"
	  if length $end <= $most_columns;
	$end =~ s/^(.*?)\((.*)\)$/"$1(\n    " . join(",\n    ", split m{, }, $2) . "\n)"/e;
	return "$function->{proname}("
	  . (@arguments ? "\n    " . join(",\n    ", @arguments) . "\n" : '') . $end;
}

sub _relations
{
	my ($self, $kind) = @_;
	my $page = _pages();

	return join "\n", map {
		my $name = $_->{relname};

		"### $name\n\n" . _sentence($_->{comment}) . ' '
		  . _access('read', $_->{grantees})
		  . ($_->{rowsec} ? ' Row security limits the rows.' : '')
		  . ($page->{$name} ? " [More]($page->{$name})" : '') . "\n\n"
		  . _table([ 'column', 'type', 'meaning' ],
			map { [ "`$_->{name}`", $_->{type}, $_->{comment} ] } @{ $_->{columns} })
	} $self->_rows("SELECT c.relname, c.relrowsecurity AS rowsec,"
		  . " obj_description(c.oid, 'pg_class') AS comment, "
		  . _grantees('SELECT', "coalesce(c.relacl, acldefault('r', c.relowner))", 'c.relowner')
		  . ' AS grantees, (SELECT json_agg(json_build_object('
		  . "'name', attname, 'type', format_type(atttypid, atttypmod),"
		  . " 'comment', col_description(c.oid, attnum)) ORDER BY attnum)"
		  . ' FROM pg_attribute WHERE attrelid = c.oid AND attnum > 0'
		  . ' AND NOT attisdropped) AS columns'
		  . ' FROM pg_class c JOIN pg_depend d ON d.objid = c.oid'
		  . " WHERE d.classid = 'pg_class'::regclass AND d.deptype = 'e' AND d.refobjid ="
		  . " (SELECT oid FROM pg_extension WHERE extname = 'glue_conn')"
		  . " AND c.relkind = '$kind' ORDER BY c.relname");
}

# The roles or the file that may change a setting, by its context.
my %set_by = (
	user => 'every role', superuser => 'superusers', sighup => '`postgresql.conf`',
	postmaster => '`postgresql.conf`, at the start');

sub _settings
{
	my ($self) = @_;

	return _table([ 'setting', 'default', 'values', 'set by', 'meaning' ],
		map {
			[ "`$_->{name}`", _duration($_->{boot_val}, $_->{unit}), _values($_),
				$set_by{ $_->{context} }, join ' ', grep { defined } @$_{qw(short_desc extra_desc)} ]
		} $self->_rows("SELECT * FROM pg_settings WHERE name ^@ 'glue_conn.' ORDER BY name"));
}

sub _values
{
	my ($setting) = @_;

	return join ', ', map { "`$_`" } @{ $setting->{enumvals} } if $setting->{enumvals};
	return 'on, off' if $setting->{vartype} eq 'bool';
	return '' if $setting->{vartype} eq 'string';
	return join ' to ', map { _duration($_, $setting->{unit}) } @$setting{qw(min_val max_val)};
}

# A time as people say it.
sub _duration
{
	my ($value, $unit) = @_;
	my @units = ([ ms => 1000 ], [ s => 60 ], [ min => 60 ], [ h => 24 ], [ d => 1e9 ]);

	return $value // '' unless defined $unit && $value > 0 && $value < 2**31 - 1;
	shift @units while $units[0][0] ne $unit;
	while ($value % $units[0][1] == 0)
	{
		$value /= $units[0][1];
		shift @units;
	}
	return "$value $units[0][0]";
}

# The options that the validator knows, with their comments in its source.
sub _options
{
	my ($array) = @_;
	my ($body) = slurp_file('src/client/server_options.c') =~
	  /^static const Option $array\[\] = \{\n(.*?)^\};/ms;
	my @rows = $body =~
	  m{/\*\s+((?:(?!\*/).)*?)\s*\*/\s*\{"(\w+)",[^\}]*?(true)?\}}gs;
	my @table;

	while (my ($meaning, $name, $superuser) = splice @rows, 0, 3)
	{
		$meaning =~ s/(?:^|\s+)\*\s+|\s+/ /g;
		push @table, [ "`$name`", $superuser ? 'superusers' : 'every role', $meaning =~ s/^ //r ];
	}
	die "an option of $array has no meaning\n" if @table != (() = $body =~ /\{"/g);
	return _table([ 'option', 'for', 'meaning' ], @table);
}

1;
