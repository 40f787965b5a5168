/*-------------------------------------------------------------------------
 *
 * unit_jdbc_url.c
 *	  Unit test of addresses of databases and JDBC URLs.
 *
 * IDENTIFICATION
 *	  test/unit/unit_jdbc_url.c
 *
 *-------------------------------------------------------------------------
 */
#include "glue/jdbc_url.h"

#include <stdlib.h>

#include "tap.h"
#include "text/ascii.h"

typedef struct HostCase
{
	const char *host;
	GlueAddressStatus want;
} HostCase;

/* An address, and its URL, or why there is none. */
typedef struct WriteCase
{
	GlueDatabaseAddress address;
	const char *url;
	GlueAddressStatus want;
} WriteCase;

/* A text, and its parts, or the reason of its rejection. */
typedef struct ParseCase
{
	const char *text;
	GlueDatabaseAddress want;
	GlueAddressStatus status;
} ParseCase;

#define LABEL_OF_63 \
	"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define NAME_OF_251 \
	LABEL_OF_63 "." LABEL_OF_63 "." LABEL_OF_63 "." \
	"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

static void
test_hosts(void)
{
	static const HostCase cases[] = {
		{"db.example.com", GLUE_ADDRESS_OK},
		{"DB_1.example.com.", GLUE_ADDRESS_OK},
		{"db", GLUE_ADDRESS_OK},
		{"1db", GLUE_ADDRESS_OK},
		{"10.0.0.5", GLUE_ADDRESS_OK},
		{"2001:db8::5", GLUE_ADDRESS_OK},
		{"::ffff:10.0.0.5", GLUE_ADDRESS_OK},
		{"128.0.0.1", GLUE_ADDRESS_OK},
		{"169.253.0.1", GLUE_ADDRESS_OK},
		{"::2", GLUE_ADDRESS_OK},
		{"fec0::1", GLUE_ADDRESS_OK},
		{"localhosts", GLUE_ADDRESS_OK},
		{LABEL_OF_63, GLUE_ADDRESS_OK},
		{NAME_OF_251 ".b", GLUE_ADDRESS_OK},
		{NAME_OF_251 ".b.", GLUE_ADDRESS_OK},
		{"", GLUE_ADDRESS_NO_HOST},
		{"/var/run/postgresql", GLUE_ADDRESS_SOCKET},
		{"@abstract", GLUE_ADDRESS_SOCKET},
		{"a,b", GLUE_ADDRESS_HOST_LIST},
		{"localhost", GLUE_ADDRESS_LOCAL},
		{"LocalHost.", GLUE_ADDRESS_LOCAL},
		{"localhost.localdomain", GLUE_ADDRESS_LOCAL},
		{"db.localhost", GLUE_ADDRESS_LOCAL},
		{"127.0.0.1", GLUE_ADDRESS_LOCAL},
		{"127.255.255.254", GLUE_ADDRESS_LOCAL},
		{"0.0.0.0", GLUE_ADDRESS_LOCAL},
		{"169.254.1.2", GLUE_ADDRESS_LOCAL},
		{"::", GLUE_ADDRESS_LOCAL},
		{"::1", GLUE_ADDRESS_LOCAL},
		{"0:0::1", GLUE_ADDRESS_LOCAL},
		{"fe80::1", GLUE_ADDRESS_LOCAL},
		{"febf::1", GLUE_ADDRESS_LOCAL},
		{"::ffff:127.0.0.1", GLUE_ADDRESS_LOCAL},
		{".", GLUE_ADDRESS_BAD_HOST},
		{"a..b", GLUE_ADDRESS_BAD_HOST},
		{".a", GLUE_ADDRESS_BAD_HOST},
		{"-a", GLUE_ADDRESS_BAD_HOST},
		{"a-.b", GLUE_ADDRESS_BAD_HOST},
		{"127.1", GLUE_ADDRESS_BAD_HOST},
		{"2130706433", GLUE_ADDRESS_BAD_HOST},
		{"10.0.0.256", GLUE_ADDRESS_BAD_HOST},
		{"[::5]", GLUE_ADDRESS_BAD_HOST},
		{"fe80::1%eth0", GLUE_ADDRESS_BAD_HOST},
		{"db:5432", GLUE_ADDRESS_BAD_HOST},
		{"user:secret@db", GLUE_ADDRESS_BAD_HOST},
		{"a b", GLUE_ADDRESS_BAD_HOST},
		{"db\n", GLUE_ADDRESS_BAD_HOST},
		{"${host}", GLUE_ADDRESS_BAD_HOST},
		{"m\xc3\xbc" "nchen.example", GLUE_ADDRESS_BAD_HOST},
		{LABEL_OF_63 "a", GLUE_ADDRESS_BAD_HOST},
		{NAME_OF_251 ".bc", GLUE_ADDRESS_BAD_HOST},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(HostCase); i++)
		is_int(glue_host_check(cases[i].host), cases[i].want, cases[i].host);
}

static void
test_ports(void)
{
	static const char *const wrong[] = {
		"", "0", "00", "65536", "99999999999999999999", "-1", "+1", " 1",
		"1 ", "0x1", "5432,5433",
	};
	int			port = 0;

	ok(glue_parse_number("1", 1, 1, GLUE_MAX_PORT, &port) && port == 1, "the least port");
	ok(glue_parse_number("65535x", 5, 1, GLUE_MAX_PORT, &port) && port == 65535, "the greatest");
	ok(glue_parse_number("05432", 5, 1, GLUE_MAX_PORT, &port) && port == 5432, "a zero before it");
	for (size_t i = 0; i < sizeof(wrong) / sizeof(char *); i++)
		ok(!glue_parse_number(wrong[i], strlen(wrong[i]), 1, GLUE_MAX_PORT, &port), wrong[i]);
}

static void
test_engines(void)
{
	static const char *const types[] = {
		"MYSQL", "ORACLE", "POSTGRESQL", "SQLSERVER"
	};
	static const int ports[] = {3306, 1521, 5432, 1433};
	GlueEngine	engine;

	for (int i = 0; i < 4; i++)
	{
		ok(glue_engine_find(types[i], &engine) && (int) engine == i,
		   "the engine of a type");
		is_str(glue_engines[engine].connection_type, types[i], types[i]);
		is_int(glue_engines[engine].port, ports[i], "its port");
	}
	ok(!glue_engine_find("JDBC", &engine) &&
	   !glue_engine_find("mysql", &engine), "a type of no engine");
}

static void
test_writing(void)
{
	static const WriteCase cases[] = {
		{{GLUE_ENGINE_POSTGRESQL, "db.example.com", 5432, "shop"},
		"jdbc:postgresql://db.example.com:5432/shop"},
		{{GLUE_ENGINE_POSTGRESQL, "2001:db8::5", 1, "a b/c?d#e&f+g%h;i=j"},
		"jdbc:postgresql://[2001:db8::5]:1/a%20b%2Fc%3Fd%23e%26f%2Bg%25h%3Bi%3Dj"},
		{{GLUE_ENGINE_MYSQL, "10.0.0.5", 65535, "caf\xc3\xa9"},
		"jdbc:mysql://10.0.0.5:65535/caf%C3%A9"},
		{{GLUE_ENGINE_ORACLE, "db", 1521, "ORCL.example.com"},
		"jdbc:oracle:thin:@//db:1521/ORCL.example.com"},
		{{GLUE_ENGINE_ORACLE, "::5", 1521, "A_$#-1"},
		"jdbc:oracle:thin:@//[::5]:1521/A_$#-1"},
		{{GLUE_ENGINE_ORACLE, "db", 1521, "a/b"}, NULL,
		GLUE_ADDRESS_BAD_DATABASE},
		{{GLUE_ENGINE_ORACLE, "db", 1521, ""}, NULL,
		GLUE_ADDRESS_BAD_DATABASE},
		{{GLUE_ENGINE_SQLSERVER, "db", 1433, "Shop_1.a-b"},
		"jdbc:sqlserver://db:1433;databaseName=Shop_1.a-b"},
		{{GLUE_ENGINE_SQLSERVER, "db", 1433, "a;b}c{d e"},
		"jdbc:sqlserver://db:1433;databaseName={a;b}}c{d e}"},
		{{GLUE_ENGINE_SQLSERVER, "db", 1433, "caf\xc3\xa9"},
		"jdbc:sqlserver://db:1433;databaseName={caf\xc3\xa9}"},
		{{GLUE_ENGINE_SQLSERVER, "db", 1433, "a\nb"}, NULL,
		GLUE_ADDRESS_BAD_DATABASE},
		{{GLUE_ENGINE_SQLSERVER, "::5", 1433, "shop"}, NULL,
		GLUE_ADDRESS_IPV6},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(WriteCase); i++)
	{
		const GlueDatabaseAddress *address = &cases[i].address;
		size_t		size = glue_jdbc_url_max_size(address);
		char	   *url = malloc(size);
		GlueAddressStatus status = glue_jdbc_url_write(address, url, size);
		const char *name = cases[i].url ? cases[i].url : address->database;

		is_int(status, cases[i].want, name);
		if (status == GLUE_ADDRESS_OK)
			is_str(url, cases[i].url, "the URL");
		free(url);
	}
}

/*
 * The buffer is exactly as large as it must be, so that an overrun is found.
 */
static void
run_parse_case(const ParseCase *test)
{
	char	   *buffer = malloc(GLUE_ADDRESS_BUFFER_SIZE(strlen(test->text)));
	GlueDatabaseAddress address = {.engine = test->want.engine};
	GlueAddressStatus status = glue_jdbc_url_parse(test->text, &address,
												   buffer);

	is_int(status, test->status, test->text);
	if (status == GLUE_ADDRESS_OK)
	{
		is_str(address.host, test->want.host, "the host");
		is_int(address.port, test->want.port, "the port");
		is_str(address.database, test->want.database, "the database");
	}
	free(buffer);
}

#define MYSQL(...) {GLUE_ENGINE_MYSQL, __VA_ARGS__}
#define ORACLE(...) {GLUE_ENGINE_ORACLE, __VA_ARGS__}
#define POSTGRESQL(...) {GLUE_ENGINE_POSTGRESQL, __VA_ARGS__}
#define SQLSERVER(...) {GLUE_ENGINE_SQLSERVER, __VA_ARGS__}

static void
test_parsing(void)
{
	static const ParseCase cases[] = {
		{"jdbc:postgresql://db.example.com:6432/shop",
		POSTGRESQL("db.example.com", 6432, "shop")},
		{"jdbc:postgresql://db/shop?", POSTGRESQL("db", 5432, "shop")},
		{"jdbc:postgresql://db:/a%20b+c%2Bd%c3%A9",
		POSTGRESQL("db", 5432, "a b c+d\xc3\xa9")},
		{"jdbc:postgresql://[2001:db8::5]:1/shop",
		POSTGRESQL("2001:db8::5", 1, "shop")},
		{"jdbc:postgresql://[2001:db8::5]/shop",
		POSTGRESQL("2001:db8::5", 5432, "shop")},
		{"jdbc:mysql://db/shop", MYSQL("db", 3306, "shop")},
		{"jdbc:mariadb://db/shop", MYSQL("db", 3306, "shop")},
		{"jdbc:oracle:thin:@//db:1522/ORCL", ORACLE("db", 1522, "ORCL")},
		{"jdbc:oracle:thin://@db/ORCL", ORACLE("db", 1521, "ORCL")},
		{"jdbc:sqlserver://db;databaseName=shop",
		SQLSERVER("db", 1433, "shop")},
		{"jdbc:sqlserver://db:1434;DATABASE={a;b}}c}};}}};",
		SQLSERVER("db", 1434, "a;b}c};}")},
		{"jdbc:sqlserver://db;;databasename=a b;",
		SQLSERVER("db", 1433, "a b")},

		{"", POSTGRESQL(""), GLUE_ADDRESS_OTHER_ENGINE},
		{"postgresql://db/shop", POSTGRESQL(""), GLUE_ADDRESS_OTHER_ENGINE},
		{"jdbc:postgresql:shop", POSTGRESQL(""), GLUE_ADDRESS_OTHER_ENGINE},
		{"jdbc:mysql://db/shop", POSTGRESQL(""), GLUE_ADDRESS_OTHER_ENGINE},
		{"jdbc:oracle:thin:@db:1521:SID", ORACLE(""),
		GLUE_ADDRESS_OTHER_ENGINE},
		{"jdbc:mysql:loadbalance://a,b/shop", MYSQL(""),
		GLUE_ADDRESS_OTHER_ENGINE},

		{"jdbc:postgresql://", POSTGRESQL(""), GLUE_ADDRESS_NO_HOST},
		{"jdbc:postgresql:///shop", POSTGRESQL(""), GLUE_ADDRESS_NO_HOST},
		{"jdbc:postgresql://:5432/shop", POSTGRESQL(""),
		GLUE_ADDRESS_NO_HOST},
		{"jdbc:postgresql://a:1,b:2/shop", POSTGRESQL(""),
		GLUE_ADDRESS_HOST_LIST},
		{"jdbc:postgresql://localhost/shop", POSTGRESQL(""),
		GLUE_ADDRESS_LOCAL},
		{"jdbc:postgresql://[::1]/shop", POSTGRESQL(""), GLUE_ADDRESS_LOCAL},
		{"jdbc:postgresql://[db]/shop", POSTGRESQL(""),
		GLUE_ADDRESS_BAD_HOST},
		{"jdbc:postgresql://[::5/shop", POSTGRESQL(""),
		GLUE_ADDRESS_BAD_HOST},
		{"jdbc:postgresql://[::5]x/shop", POSTGRESQL(""),
		GLUE_ADDRESS_BAD_HOST},
		{"jdbc:postgresql://user@db/shop", POSTGRESQL(""),
		GLUE_ADDRESS_BAD_HOST},
		{"jdbc:mysql://(host=db,port=1)/shop", MYSQL(""),
		GLUE_ADDRESS_HOST_LIST},
		{"jdbc:sqlserver://db\\instance;databaseName=shop", SQLSERVER(""),
		GLUE_ADDRESS_BAD_HOST},
		{"jdbc:postgresql://db:0/shop", POSTGRESQL(""),
		GLUE_ADDRESS_BAD_PORT},
		{"jdbc:postgresql://db:1:2/shop", POSTGRESQL(""),
		GLUE_ADDRESS_BAD_PORT},
		{"jdbc:postgresql://db", POSTGRESQL(""), GLUE_ADDRESS_NO_DATABASE},
		{"jdbc:postgresql://db/", POSTGRESQL(""), GLUE_ADDRESS_NO_DATABASE},
		{"jdbc:oracle:thin:@//db", ORACLE(""), GLUE_ADDRESS_NO_DATABASE},
		{"jdbc:sqlserver://db", SQLSERVER(""), GLUE_ADDRESS_NO_DATABASE},
		{"jdbc:sqlserver://db;databaseName=", SQLSERVER(""),
		GLUE_ADDRESS_NO_DATABASE},
		{"jdbc:sqlserver://db;databaseName={}", SQLSERVER(""),
		GLUE_ADDRESS_NO_DATABASE},
		{"jdbc:postgresql://db/shop?ssl=true", POSTGRESQL(""),
		GLUE_ADDRESS_PARAMETERS},
		{"jdbc:postgresql://db?ssl=true", POSTGRESQL(""),
		GLUE_ADDRESS_PARAMETERS},
		{"jdbc:oracle:thin:@//db/s?a=b", ORACLE(""),
		GLUE_ADDRESS_PARAMETERS},
		{"jdbc:sqlserver://db;encrypt=true;databaseName=s", SQLSERVER(""),
		GLUE_ADDRESS_PARAMETERS},
		{"jdbc:sqlserver://db;databaseName", SQLSERVER(""),
		GLUE_ADDRESS_PARAMETERS},
		{"jdbc:sqlserver://db;=s", SQLSERVER(""), GLUE_ADDRESS_PARAMETERS},
		{"jdbc:sqlserver://db;database=a;databaseName=b", SQLSERVER(""),
		GLUE_ADDRESS_PARAMETERS},
		{"jdbc:sqlserver://db;databaseName={a", SQLSERVER(""),
		GLUE_ADDRESS_BAD_SYNTAX},
		{"jdbc:sqlserver://db;databaseName={a}}", SQLSERVER(""),
		GLUE_ADDRESS_BAD_SYNTAX},
		{"jdbc:sqlserver://db;databaseName={a}b", SQLSERVER(""),
		GLUE_ADDRESS_BAD_SYNTAX},
		{"jdbc:postgresql://db/a%", POSTGRESQL(""), GLUE_ADDRESS_BAD_SYNTAX},
		{"jdbc:postgresql://db/a%2", POSTGRESQL(""),
		GLUE_ADDRESS_BAD_SYNTAX},
		{"jdbc:postgresql://db/a%zz", POSTGRESQL(""),
		GLUE_ADDRESS_BAD_SYNTAX},
		{"jdbc:postgresql://db/a%00", POSTGRESQL(""),
		GLUE_ADDRESS_BAD_SYNTAX},
		{"jdbc:postgresql://db/%E9", POSTGRESQL(""),
		GLUE_ADDRESS_BAD_SYNTAX},
		{"jdbc:oracle:thin:@//db/a:dedicated", ORACLE(""),
		GLUE_ADDRESS_BAD_SYNTAX},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(ParseCase); i++)
		run_parse_case(&cases[i]);
}

/* Other forms of foreign servers for Oracle, behind the prefix. */
#define THIN "jdbc:oracle:thin:@//"

static void
test_easy_connect(void)
{
	static const ParseCase cases[] = {
		{THIN "db:1522/ORCL.example.com",
		ORACLE("db", 1522, "ORCL.example.com")},
		{THIN "db/ORCL", ORACLE("db", 1521, "ORCL")},
		{THIN "[2001:db8::5]:1/ORCL", ORACLE("2001:db8::5", 1, "ORCL")},
		{THIN "", ORACLE(""), GLUE_ADDRESS_NO_HOST},
		{THIN "orcl.example.com", ORACLE(""), GLUE_ADDRESS_NO_DATABASE},
		{THIN "(DESCRIPTION=(ADDRESS=(HOST=db)))", ORACLE(""),
		GLUE_ADDRESS_BAD_HOST},
		{THIN "scott/tiger@//db/ORCL", ORACLE(""), GLUE_ADDRESS_BAD_SYNTAX},
		{THIN "tcps://db:1521/ORCL", ORACLE(""), GLUE_ADDRESS_BAD_SYNTAX},
		{THIN "db:1521", ORACLE(""), GLUE_ADDRESS_NO_DATABASE},
		{THIN "db:1521/ORCL/inst1", ORACLE(""), GLUE_ADDRESS_BAD_SYNTAX},
		{THIN "a,b/ORCL", ORACLE(""), GLUE_ADDRESS_HOST_LIST},
		{THIN "127.0.0.1/ORCL", ORACLE(""), GLUE_ADDRESS_LOCAL},
		{THIN "db/ORCL?x=y", ORACLE(""), GLUE_ADDRESS_PARAMETERS},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(ParseCase); i++)
		run_parse_case(&cases[i]);
}

/*
 * A written name is read unchanged, for every byte that it can have.
 */
static void
test_round_trip(void)
{
	for (int engine = 0; engine < 4; engine++)
	{
		int			different = 0;
		int			written = 0;

		for (int c = 1; c < 128; c++)
		{
			char		name[] = {'a', (char) c, (char) c, 'b', '\0'};
			GlueDatabaseAddress address = {engine, "db", 77, name};
			GlueDatabaseAddress copy = {.engine = engine};
			char		url[128];
			char		buffer[130];

			if (glue_jdbc_url_write(&address, url, sizeof(url)) !=
				GLUE_ADDRESS_OK)
				continue;
			written++;
			if (glue_jdbc_url_parse(url, &copy, buffer) != GLUE_ADDRESS_OK ||
				strcmp(copy.database, name) != 0 || copy.port != 77)
				different++;
		}
		is_int(different, 0, "written URLs can be read");
		is_int(written, engine == GLUE_ENGINE_ORACLE ? 67 :
			   engine == GLUE_ENGINE_SQLSERVER ? 95 : 127,
			   "how many characters can be written");
	}
}

static void
test_messages(void)
{
	int			same = 0;

	for (int i = GLUE_ADDRESS_NO_HOST; i <= GLUE_ADDRESS_BAD_SYNTAX; i++)
	{
		for (int j = GLUE_ADDRESS_OK; j < i; j++)
			same += strcmp(glue_address_status_message(i),
						   glue_address_status_message(j)) == 0;
	}
	is_int(same, 0, "each status has a message of its own");
}

int
main(void)
{
	test_hosts();
	test_ports();
	test_engines();
	test_writing();
	test_parsing();
	test_easy_connect();
	test_round_trip();
	test_messages();
	return tap_done();
}
