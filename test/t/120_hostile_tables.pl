# Copyright (c) 2026, glue_conn contributors
#
# No privilege escalation through objects on the extension's own tables:
# another role's trigger, rule, policy, foreign key, index, constraint, default
# or type is named and rejected before anything is sent, at every entry point;
# and after its removal everything continues.

use strict;
use warnings;

use GlueConn::Cluster;
use GlueConn::Hostile;
use GlueConn::Inputs;
use PostgreSQL::Test::Utils;
use Test::More;

my $hostile = GlueConn::Hostile->start;
my $cluster = $hostile->cluster;
my $glue = $hostile->glue;
my $node = $cluster->node;
my $admin = $hostile->admin;
my $superuser = $hostile->{superuser};
my ($grantee, $victim);
my $number = 0;

sub connect_all
{
	$admin = $hostile->connect;
	$grantee = $hostile->session('grantee', search_path => 'pg_catalog');
	$victim = $hostile->session('victim');
	return;
}
connect_all();

# Have workers for this database alone, or for all.
sub serve
{
	my ($databases) = @_;

	$node->append_conf('postgresql.conf', "glue_conn.databases = '$databases'");
	$node->reload;
	wait_until(sub { $admin->must('SHOW glue_conn.databases')->output eq $databases
		  && $victim->must('SHOW glue_conn.databases')->output eq $databases },
		'the setting');
	wait_until(sub { $databases eq '' || $admin->must('SELECT count(*) FROM'
			  . " pg_stat_activity WHERE backend_type LIKE 'glue_conn %worker'"
			  . " AND datname = 'shop'")->output eq '0' }, 'the workers have exited');
	return;
}

sub new_input
{
	return jdbc('c ' . ++$number);
}

sub new_row
{
	return 'INSERT INTO app.source VALUES (' . ++$number . ', '
	  . literal(json_text(new_input())) . ')';
}

$victim->must(call('create_connection', jdbc('there')));
$victim->must(call('enqueue_create_connection', jdbc('queued')));
my $request = $admin->must('SELECT max(id) FROM app.glue_request')->output;
$hostile->wait_for_requests;
serve('other');

# Ways to each of the tables, by name.
my @calls = (
	[ 'a call' => sub { call('create_connection', new_input()) } ],
	[ 'a bulk call' => sub { 'SELECT * FROM app.glue_create_connections(ARRAY['
			  . literal(json_text(new_input())) . ', '
			  . literal(json_text(new_input())) . ']::pg_catalog.jsonb[])' } ],
	[ 'an update' => sub { call('update_connection', 'there', jdbc('there')) } ],
	[ 'a deletion' => sub { call('delete_connection', 'there') } ],
	[ 'a batch' => sub { "SELECT * FROM app.glue_batch_delete_connection('{there}')" } ],
	[ 'a tag' => sub { call('tag_connection', 'there', { team => 'x' }) } ],
	[ 'a tag less' => sub { "SELECT app.glue_untag_connection('there', '{team}')" } ],
	[ 'a sync' => sub { 'SELECT * FROM app.glue_sync_connections()' } ],
	[ 'a drift' => sub { 'SELECT * FROM app.glue_connection_drift()' } ],
	[ 'a wait' => sub { call('wait_connection', 'there') } ]);
my @requests = (
	[ 'a request' => sub { call('enqueue_create_connection', new_input()) } ],
	[ 'a request to update' =>
		sub { call('enqueue_update_connection', 'there', jdbc('there')) } ],
	[ 'a row' => \&new_row ]);
my @about_requests = (
	[ 'a request to delete' => sub { call('enqueue_delete_connection', 'there') } ],
	[ 'a cancellation' => sub { "SELECT app.glue_cancel_request($request)" } ],
	[ 'a retry' => sub { "SELECT app.glue_retry_request($request)" } ],
	[ 'a wait for a request' => sub { "SELECT app.glue_wait_request($request)" } ]);
my @works = ([ 'CALL' => sub { 'CALL app.glue_process_requests()' } ]);
my %ways = (
	glue_connection => [ @calls, @works ],
	glue_request => [ @requests, @about_requests, @works ],
	glue_request_secret => [ @requests, @works ],
	glue_provision => [ [ 'a row' => \&new_row ], @works ],
	glue_claimant => [@works],
	glue_secret_key => [ grep { $_->[0] =~ /^an? (?:call|bulk call)$/ } @calls ]);

# Test that each entry point to a table is refused because of an object on it.
# A wait for a connection reads it first.
sub all_refused
{
	my ($session, $table, $what, $name) = @_;
	my $watch = $cluster->watch;
	my $expected = qr/^\w+ "\Q$name\E" is not permitted on table "$table" of extension "glue_conn"$/;
	my @unlike;

	foreach my $way (@{ $ways{$table} })
	{
		my $result = $session->query($way->[1]->());

		push @unlike, "$way->[0]: " . $result->text
		  if $result->sqlstate ne '42501' || $result->message !~ $expected;
	}
	is(join("\n", @unlike), '', "$what on $table: every way is refused");
	is($watch->operations =~ s/\bGet(?:CallerIdentity|Connection)\b *//gr, '', "$what on $table: nothing is sent");
	is($hostile->runs, '', "$what on $table: and nothing executed");
	return;
}

# Test that each way is open, now that nothing is on the table.
sub all_open
{
	my ($session, $table, $what) = @_;
	my @failures = map {
		my $result = $session->query($_->[1]->());
		$result->sqlstate eq '00000' ? () : "$_->[0]: " . $result->text
	} grep { $_->[0] !~ /^(?:a deletion|a batch|a request to delete)$/ } @{ $ways{$table} };

	is(join("\n", @failures), '', "$what on $table: without it all is well");
	return;
}

#
# Objects of a role that was granted ALL
#

my %key = (
	glue_connection => [ 'endpoint pg_catalog.text, region pg_catalog.text,'
		  . ' catalog_id pg_catalog.text, name pg_catalog.text',
		'endpoint, region, catalog_id, name' ],
	glue_request => [ 'id pg_catalog.int8, home pg_catalog.int8', 'id, home' ],
	glue_request_secret => [ 'request pg_catalog.int8, home pg_catalog.int8', 'request, home' ],
	glue_provision => [ 'id pg_catalog.int8, home pg_catalog.int8', 'id, home' ],
	glue_claimant => [ 'claimant pg_catalog.int8', 'claimant' ],
	glue_secret_key => [ 'database pg_catalog.uuid', 'database' ]);
my @triggers = ('BEFORE INSERT OR UPDATE OR DELETE ON %s FOR EACH ROW',
	'AFTER INSERT OR UPDATE OR DELETE ON %s FOR EACH ROW',
	'BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON %s FOR EACH STATEMENT',
	'AFTER INSERT OR UPDATE OR DELETE ON %s FOR EACH STATEMENT',
	'AFTER INSERT OR UPDATE OR DELETE ON %s FOR EACH ROW WHEN (evil.note(\'WHEN\'))');
my $condition = 'BEFORE INSERT OR UPDATE ON %s FOR EACH ROW WHEN (evil.note(\'WHEN\'))'
  . ' EXECUTE FUNCTION suppress_redundant_updates_trigger()';
my $query = 'BEFORE UPDATE ON %s FOR EACH ROW WHEN (query_to_xml(\'SELECT'
  . ' evil.note(\'\'WHEN\'\')\', false, false, \'\') IS NULL)'
  . ' EXECUTE FUNCTION suppress_redundant_updates_trigger()';
my $recheck = 'AFTER INSERT OR UPDATE OR DELETE ON %s FOR EACH ROW WHEN (evil.note(\'WHEN\'))'
  . ' EXECUTE FUNCTION unique_key_recheck()';
my @constraints = ('NOT DEFERRABLE', 'FROM app.glue_claimant', 'DEFERRABLE INITIALLY IMMEDIATE',
	'DEFERRABLE INITIALLY DEFERRED');

foreach my $table (sort keys %ways)
{
	foreach my $kind ((map { "$_ EXECUTE FUNCTION evil.fire()" } @triggers), $condition, $query, $recheck)
	{
		$grantee->must('CREATE TRIGGER hers ' . sprintf $kind, "app.$table");
		all_refused($victim, $table, $kind, 'hers');
		$admin->must("DROP TRIGGER hers ON app.$table");
	}
	foreach my $kind (@constraints)
	{
		$grantee->must('CREATE CONSTRAINT TRIGGER hers AFTER INSERT OR UPDATE OR DELETE'
			  . " ON app.$table $kind FOR EACH ROW EXECUTE FUNCTION evil.fire()");
		all_refused($victim, $table, $kind, 'hers');
		$admin->must("DROP TRIGGER hers ON app.$table");
	}
	foreach my $action ('CASCADE', 'NO ACTION', 'SET NULL')
	{
		my ($columns, $key) = @{ $key{$table} // next };

		$grantee->must("CREATE TABLE evil.refers ($columns, CONSTRAINT hers"
			  . " FOREIGN KEY ($key) REFERENCES app.$table ($key) ON DELETE $action)");
		all_refused($victim, $table, "REFERENCES ON DELETE $action", 'hers');
		$grantee->must('DROP TABLE evil.refers');
	}
	all_open($victim, $table, 'a trigger');
}
$grantee->must('CREATE TRIGGER hers AFTER INSERT ON app.glue_connection'
	  . ' FOR EACH ROW EXECUTE FUNCTION app.glue_provision_connection()');
all_refused($victim, 'glue_connection', 'the extension\'s own trigger', 'hers');

$admin->must('DROP TRIGGER hers ON app.glue_connection');

# A table of the owner's that is changed along with it is as good as it.
$admin->must("CREATE TABLE app.note ($key{glue_connection}[0], n integer UNIQUE,"
	  . " FOREIGN KEY ($key{glue_connection}[1]) REFERENCES app.glue_connection"
	  . " ($key{glue_connection}[1]) ON DELETE CASCADE);"
	  . ' CREATE TABLE app.subnote (n integer REFERENCES app.note (n) ON DELETE SET NULL,'
	  . ' m integer UNIQUE); ALTER TABLE app.note ADD FOREIGN KEY (n)'
	  . ' REFERENCES app.subnote (m) ON DELETE CASCADE;'
	  . ' GRANT ALL ON app.note, app.subnote TO grantee');
all_open($victim, 'glue_connection', 'a foreign key of the owner\'s');
foreach my $table (qw(note subnote))
{
	$grantee->must("CREATE TRIGGER hers AFTER DELETE OR UPDATE ON app.$table"
		  . ' FOR EACH ROW EXECUTE FUNCTION evil.fire()');
	my $result = $victim->query(call('delete_connection', 'there'));

	is($result->sqlstate, '42501', "a trigger on $table: is refused");
	like($result->message, qr/"hers" is not permitted on table "$table", which is changed along/,
		"a trigger on $table: is named");
	is($hostile->runs, '', "a trigger on $table: is not executed");
	$admin->must("DROP TRIGGER hers ON app.$table");
}
$admin->must('DROP TABLE app.note, app.subnote CASCADE');
$grantee->must('CREATE TRIGGER hers AFTER INSERT ON app.glue_connection'
	  . ' FOR EACH ROW EXECUTE FUNCTION app.glue_provision_connection()');

# a superuser is refused as well, and so is one that executes no triggers
my $replica = $hostile->session(undef, session_replication_role => 'replica');
all_refused($replica, 'glue_connection', 'replica', 'hers');
$admin->must('ALTER TABLE app.glue_connection DISABLE TRIGGER hers');
all_refused($victim, 'glue_connection', 'disabled', 'hers');
$admin->must('ALTER TABLE app.glue_connection ENABLE REPLICA TRIGGER hers');
all_refused($replica, 'glue_connection', 'enabled for replicas', 'hers');
$admin->must('ALTER TABLE app.glue_connection ENABLE ALWAYS TRIGGER hers');
all_refused($replica, 'glue_connection', 'enabled always', 'hers');
$admin->must('DROP TRIGGER hers ON app.glue_connection');
all_open($replica, 'glue_connection', 'replica');
$replica->quit;
is($hostile->superusers, '', 'nobody has become superuser');

#
# Objects that are forbidden on a private table
#

foreach my $table (qw(glue_request_secret glue_provision glue_claimant glue_secret_key))
{
	$admin->must("CREATE RULE hers AS ON INSERT TO app.$table DO ALSO NOTHING");
	all_refused($victim, $table, 'a rule', 'hers');
	$admin->must("DROP RULE hers ON app.$table");
	foreach my $name (qw(hers glue_request_own))
	{
		$admin->must("CREATE POLICY $name ON app.$table USING (true)");
		all_refused($victim, $table, 'a policy', $name);
		$admin->must("DROP POLICY $name ON app.$table");
	}
	all_open($victim, $table, 'a policy');
}

#
# Objects of the owner of a table, with functions of others
#

# Each is made, and then undone, by the superuser, with the name "hers".
$admin->must(<<'SQL');
CREATE SCHEMA dba;
GRANT USAGE ON SCHEMA dba TO PUBLIC;
CREATE DOMAIN dba.checked AS evil.checked;
CREATE TYPE evil.has_checked AS (c evil.checked);
ALTER TYPE evil.has_checked OWNER TO mallory;
SQL
my %text = (glue_connection => 'description', glue_request => 'error_message');
foreach my $table (sort keys %text)
{
	my $column = $text{$table};

	foreach my $made (
		[ 'a rule', "CREATE RULE hers AS ON INSERT TO app.$table"
			  . ' DO ALSO SELECT evil.note(\'rule\')', "DROP RULE hers ON app.$table" ],
		[ 'a policy', "ALTER TABLE app.$table ENABLE ROW LEVEL SECURITY;"
			  . " CREATE POLICY hers ON app.$table FOR ALL USING (evil.note('policy'))",
			"DROP POLICY hers ON app.$table" ],
		[ 'a policy to write', "CREATE POLICY hers ON app.$table FOR INSERT"
			  . ' WITH CHECK (evil.note(\'policy\'))', "DROP POLICY hers ON app.$table" ],
		[ 'an index', "CREATE INDEX hers ON app.$table (evil.same($column))",
			'DROP INDEX app.hers' ],
		[ 'an index of a constant', "CREATE INDEX hers ON app.$table (evil.same('x'))",
			'DROP INDEX app.hers' ],
		[ 'a partial index', "CREATE INDEX hers ON app.$table ($column)"
			  . " WHERE evil.same('x') IS NULL", 'DROP INDEX app.hers' ],
		(map { [ "a constraint with $_", "ALTER TABLE app.$table ADD CONSTRAINT hers"
				  . " CHECK (($_) IS NULL) NOT VALID",
				"ALTER TABLE app.$table DROP CONSTRAINT hers" ] }
			  "evil.note('check')", "$column\::evil.checked", "$column\::dba.checked",
			"ARRAY[$column]::evil.checked[]", "$column\::text::evil.has_checked",
			"jsonb_populate_record(NULL::evil.has_checked, '{\"c\": \"x\"}')"),
		(map { [ "a column $_", "ALTER TABLE app.$table ADD hers $_",
				"ALTER TABLE app.$table DROP hers" ] }
			  'boolean; ALTER TABLE app.' . $table
			  . " ALTER hers SET DEFAULT evil.note('default')",
			"text GENERATED ALWAYS AS (evil.same($column)) STORED",
			'evil.checked', 'evil.checked[]', 'evil.has_checked', 'dba.checked'))
	{
		my ($what, $make, $undo) = @$made;
		# which may well execute it
		$admin->must($make);
		$hostile->demote;
		all_refused($victim, $table, $what, 'hers');
		$admin->must($undo);
	}
	$admin->must('ALTER TABLE app.glue_connection DISABLE ROW LEVEL SECURITY');
	all_open($victim, $table, 'objects of the owner');
}
$admin->must('REVOKE TRIGGER ON ALL TABLES IN SCHEMA app FROM grantee');
$admin->must(sprintf "CREATE TRIGGER hers $condition", 'app.glue_connection');
all_refused($victim, 'glue_connection', 'a condition', 'hers');
$admin->must('DROP TRIGGER hers ON app.glue_connection;'
	  . ' GRANT TRIGGER ON ALL TABLES IN SCHEMA app TO grantee');
is($hostile->superusers, '', 'nobody has become superuser');

#
# Workers
#

foreach my $table (grep { $_ ne 'glue_secret_key' } sort keys %ways)
{
	my $name = "worker $table";

	$victim->must(call('enqueue_create_connection', jdbc($name)));
	$grantee->must("CREATE TRIGGER hers BEFORE INSERT OR UPDATE OR DELETE ON app.$table"
		  . ' FOR EACH STATEMENT EXECUTE FUNCTION evil.fire()');
	my $watch = $cluster->watch;
	my $read = -s $node->logfile;

	# a new launcher loses no time
	$_->quit foreach $admin, $grantee, $victim;
	$node->append_conf('postgresql.conf', "glue_conn.databases = ''");
	$cluster->in_environment(sub { $node->restart });
	connect_all();
	wait_until(sub { slurp_file($node->logfile, $read) =~
		  /ERROR:  trigger "hers" is not permitted on table "$table"/ },
		"a worker refuses a trigger on $table");
	is($hostile->runs, '', "$table: a worker executes nothing");
	is($watch->operations, '', "$table: a worker sends nothing");
	$admin->must("DROP TRIGGER hers ON app.$table");
	$hostile->wait_for_requests;
	is($glue->created($name), 1, "$table: and continues by itself");
	serve('other');
}
serve('');

# A call whose intent is being recorded while a trigger is made.
$victim->must(call('create_connection', jdbc('warm')));
$grantee->must('BEGIN; CREATE TRIGGER hers BEFORE INSERT ON app.glue_request'
	  . ' FOR EACH ROW EXECUTE FUNCTION evil.fire()');
$victim->send(call('create_connection', jdbc('late')));
wait_until(sub { $admin->must("SELECT count(*) FROM pg_locks WHERE NOT granted")->output > 0 },
	'somebody waits for the table');
my $watch = $cluster->watch;
$grantee->must('COMMIT');
my $result = $victim->result;
is($result->sqlstate, '42501', 'a call that waited for a trigger is refused');
like($result->message, qr/"hers" is not permitted on table "glue_request"/, 'and says so');
is($watch->sent, 0, 'before anything is sent');
$admin->must('DROP TRIGGER hers ON app.glue_request');
is($victim->must(call('create_connection', jdbc('late')))->output, 'READY', 'continues');
is($hostile->runs, '', 'and nothing was executed');

#
# The owner's own objects are executed, with names of PostgreSQL's
#

$admin->must(<<'SQL');
CREATE TABLE dba.seen (way text DEFAULT current_setting('application_name'),
	search_path text, by_role name);
CREATE FUNCTION dba.look() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	PERFORM NEW.name = 'x' OR 1 + 1 = 3 OR now() < clock_timestamp() - interval '1 s';
	INSERT INTO dba.seen (search_path, by_role)
		VALUES (current_setting('search_path'), current_user);
	RETURN NEW;
END $$;
CREATE TRIGGER look BEFORE INSERT OR UPDATE ON app.glue_connection
	FOR EACH ROW WHEN (NEW.name <> 'x') EXECUTE FUNCTION dba.look();
SQL
all_refused($victim, 'glue_connection', 'a trigger that may be anybody\'s', 'look');
$admin->must('REVOKE TRIGGER ON app.glue_connection FROM grantee');
my $database = $admin->must('SELECT quote_ident(current_database())')->output;
foreach my $user ('victim', 'mallory', $superuser)
{
	foreach my $path ('evil, pg_catalog', 'pg_temp, evil, pg_catalog')
	{
		# the owner's own settings are not restricted
		$admin->must("ALTER DATABASE $database SET search_path = $path")
		  if $user eq $superuser;
		my $session = $hostile->session($user);
		$session->must("SET search_path = $path") if $user ne $superuser;
		$session->must(call('create_connection', new_input()));
		$session->must(call('enqueue_create_connection', new_input()));
		$hostile->wait_for_requests;
		$session->must('SELECT * FROM app.glue_sync_connections()');
		is($admin->must("SELECT string_agg(DISTINCT search_path || ' for ' || by_role, ', '),"
			  . ' count(*) > 1 FROM dba.seen')->output,
			"pg_catalog, pg_temp for $superuser|t",
			"$user with $path: the owner's trigger finds PostgreSQL's names");
		is($hostile->runs, '', "$user with $path: nothing hostile is executed");
		is($session->must('SHOW search_path')->output, $path, 'and the path is as it was');
		$admin->must('TRUNCATE dba.seen');
		$session->quit;
	}
}
$admin->must("ALTER DATABASE $database SET search_path = evil, pg_catalog");
$admin->must('DROP TRIGGER look ON app.glue_connection');
is($hostile->superusers, '', 'nobody has become superuser');

# Code that is executed at the end of the transaction runs as another role.
$admin->must('CREATE CONSTRAINT TRIGGER look AFTER INSERT ON app.glue_connection'
	  . ' DEFERRABLE FOR EACH ROW EXECUTE FUNCTION dba.look()');
all_refused($victim, 'glue_connection', 'a deferrable trigger of the owner', 'look');
$admin->must('DROP TRIGGER look ON app.glue_connection');

# So are functions of indexes, also of those that the journal writes.
$admin->must(<<'SQL');
CREATE FUNCTION dba.index_me(value text) RETURNS text LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
	RAISE LOG 'hostile: index by % with %', current_user, pg_catalog.current_setting('search_path');
	RETURN value;
END $$;
SQL
foreach my $case (
	[ 'glue_connection', 'name' ],
	[ 'glue_request', 'error_message' ],
	[ 'glue_request', "'x'::text" ])
{
	my ($table, $column) = @$case;

	$admin->must("CREATE INDEX look ON app.$table (dba.index_me($column))");
	is($victim->query(call('create_connection', new_input()))->sqlstate, '00000',
		"an index on $column of $table: a call");
	$hostile->wait_for_requests;
	$admin->must('DROP INDEX app.look');
	is(join("\n", grep { !/^index by \Q$superuser\E with pg_catalog(?:, pg_temp)?$/ }
			  split /\n/, $hostile->runs), '', "an index on $column of $table: is the owner's");
}

#
# A table that was given to somebody else
#

# Its owner's triggers have his rights, in everybody's call and in workers, and no
# way to those of others.
$admin->must('ALTER TABLE app.glue_connection OWNER TO table_owner');
$admin->must('GRANT CREATE ON SCHEMA app TO table_owner');
my $owner = $hostile->session('table_owner', search_path => 'pg_catalog');
$owner->must(<<'SQL');
CREATE TABLE evil.later (n integer);
CREATE FUNCTION evil.deferred() RETURNS trigger LANGUAGE plpgsql AS
	$$ BEGIN PERFORM evil.note('deferred'); RETURN NULL; END $$;
CREATE CONSTRAINT TRIGGER later AFTER INSERT ON evil.later
	DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION evil.deferred();
CREATE FUNCTION evil.try(sql text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
	EXECUTE sql;
	PERFORM evil.note('after ' || sql);
EXCEPTION WHEN OTHERS THEN
	NULL;
END $$;
CREATE FUNCTION evil.owned() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	PERFORM evil.note('owned');
	PERFORM evil.try('INSERT INTO evil.later VALUES (1)'),
		evil.try('RESET ROLE'), evil.try('SET SESSION AUTHORIZATION DEFAULT'),
		evil.try('SET ROLE mallory'),
		evil.try('DECLARE c CURSOR WITH HOLD FOR SELECT evil.note(''cursor'')'),
		evil.try('CREATE TEMP TABLE t (n integer CHECK (evil.note(''temporary'')))');
	RETURN NEW;
END $$;
CREATE TRIGGER owned BEFORE INSERT OR UPDATE ON app.glue_connection
	FOR EACH ROW EXECUTE FUNCTION evil.owned();
SQL
my $by_superuser = $hostile->session;
$by_superuser->must(call('create_connection', new_input()));
$by_superuser->must(call('enqueue_create_connection', new_input()));
$victim->must(call('create_connection', new_input()));
$hostile->wait_for_requests;
my $runs = $hostile->runs;
like($runs, qr/^owned by table_owner for \Q$superuser\E$/m, 'an owner\'s trigger is executed');
is(join("\n", grep { !/ by table_owner for / } split /\n/, $runs), '',
	'with the rights of the owner alone');
is($hostile->superusers, '', 'which does not make a superuser of him');
$owner->must('DROP TRIGGER owned ON app.glue_connection');

# A constraint that is looked at again at the end of the transaction.
$owner->must(<<'SQL');
CREATE FUNCTION evil.always(value text) RETURNS text LANGUAGE plpgsql IMMUTABLE AS
	$$ BEGIN PERFORM evil.note('always'); RETURN 'x'; END $$;
CREATE INDEX constant ON app.glue_connection (evil.always('x'));
ALTER TABLE app.glue_connection ADD CONSTRAINT one EXCLUDE USING btree
	(evil.always(name) WITH =) WHERE (name LIKE 'twice%') DEFERRABLE INITIALLY DEFERRED
SQL
$by_superuser->query(call('create_connection', jdbc("twice $_"))) foreach 1 .. 2;
$hostile->wait_for_requests;
$runs = $hostile->runs;
like($runs, qr/^always by table_owner for \Q$superuser\E$/m, 'an owner\'s index has his function');
is(join("\n", grep { !/ by table_owner for / } split /\n/, $runs), '',
	'which has his rights alone');
$owner->must('ALTER TABLE app.glue_connection DROP CONSTRAINT one;'
	  . ' DROP INDEX app.constant');
$admin->must('CREATE CONSTRAINT TRIGGER owned AFTER INSERT ON app.glue_connection'
	  . ' DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION evil.owned()');
all_refused($by_superuser, 'glue_connection', 'a deferred trigger of a plain owner', 'owned');
$admin->must('DROP TRIGGER owned ON app.glue_connection');
$admin->must("ALTER TABLE app.glue_connection OWNER TO $superuser");
$by_superuser->must(call('create_connection', new_input()));
$hostile->wait_for_requests;
is($hostile->superusers, '', 'nobody has become superuser');

$_->quit foreach $grantee, $victim, $owner, $by_superuser;
$hostile->finish;
done_testing();
