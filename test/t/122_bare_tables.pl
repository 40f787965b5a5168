# Copyright (c) 2026, glue_conn contributors
#
# The result that a table has no dangerous objects is not cached if an object
# was added while a session looked.  A reader's lock on the table does not
# prevent that.

use strict;
use warnings;

use GlueConn::Cluster;
use GlueConn::Inputs;
use Test::More;

my $cluster = GlueConn::Cluster->start;
my $admin = $cluster->session;

$admin->must(<<'SQL');
CREATE ROLE mallory;
GRANT TRIGGER ON glue_connection TO mallory;
GRANT CREATE ON SCHEMA public TO mallory;
SET ROLE mallory;
CREATE FUNCTION trap() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	ALTER ROLE mallory SUPERUSER;
	RETURN NULL;
END $$;
RESET ROLE;
SQL

# The session has looked for triggers, and waits until it can look at an index.
my $session = $cluster->session;
my $pid = $session->must('SELECT pg_backend_pid()')->output;
my $trap = $cluster->session;
$trap->must('BEGIN; REINDEX INDEX glue_connection_pkey');
$session->send('SELECT * FROM glue_connection_drift()');
wait_until(sub { $admin->must('SELECT count(*) FROM pg_locks WHERE NOT granted'
		  . " AND relation = 'glue_connection_pkey'::regclass AND pid = $pid")
	->output eq '1' }, 'a reader looks at the table');
$trap->must('SET LOCAL ROLE mallory; CREATE TRIGGER trap AFTER INSERT'
	  . ' ON glue_connection FOR EACH ROW EXECUTE FUNCTION trap(); COMMIT');
is($session->result->sqlstate, '00000', 'readers are not disturbed');

is($session->query(create_sql(jdbc('a')))->sqlstate, '42501',
	'but finds the trigger before anything is written');
is($admin->must("SELECT rolsuper FROM pg_roles WHERE rolname = 'mallory'")->output,
	'f', 'and so it was never executed');
$admin->must('DROP TRIGGER trap ON glue_connection');
is($session->must(create_sql(jdbc('a')))->output, 'READY', 'all is well without it');

$_->quit foreach $session, $trap, $admin;
$cluster->finish;
done_testing();
