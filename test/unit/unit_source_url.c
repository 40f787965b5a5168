/*-------------------------------------------------------------------------
 *
 * unit_source_url.c
 *	  Tests of source_url.c: URLs as people write them, wrong and right.
 *
 * IDENTIFICATION
 *	  test/unit/unit_source_url.c
 *
 *-------------------------------------------------------------------------
 */
#include "glue/source_url.h"

#include <string.h>

#include "tap.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#define LOCAL \
	"names a host that always means the local machine, but AWS Glue connects from " \
	"another one"
#define NO_HOST "names no host"
#define NO_PORT "should have a port with each host, as in"
#define MYSQL "jdbc:mysql://host:port/database"
#define ORACLE "jdbc:oracle:thin:@//host:port/service"
#define POSTGRESQL "jdbc:postgresql://host:port/database"
#define SQLSERVER "jdbc:sqlserver://host:port;databaseName=database"
#define MONGODB "mongodb://host:port/database"

/* a URL and its fault */
typedef struct WrongUrl
{
	const char *url;
	const char *form;			/* correct form, or NULL */
	const char *message;		/* or NULL: nothing but the form */
} WrongUrl;

static const WrongUrl wrong_jdbc[] = {
	/* no "jdbc:" */
	{"postgresql://h/db", POSTGRESQL},
	{"postgres://h/db", POSTGRESQL},
	{"mysql://h/db", MYSQL},
	{"sqlserver://h", SQLSERVER},
	{"oracle:thin:scott/tiger@h:1521/s", ORACLE},
	{"JDBC:postgresql://h/db", POSTGRESQL},
	{"jdbc/mysql://h/db", MYSQL},
	{"h:5432/db", NULL, "should begin with \"jdbc:\""},
	{"https://h/db", NULL, "should begin with \"jdbc:\""},
	{"", NULL, "should begin with \"jdbc:\""},

	/* another word for the driver, or none */
	{"jdbc:postgres://h/db", POSTGRESQL},
	{"jdbc:PostgreSQL://h/db", POSTGRESQL},
	{"jdbc:jdbc:postgresql://h/db", POSTGRESQL},
	{"jdbc:pgsql://h/db", POSTGRESQL},
	{"jdbc:mssql://h", SQLSERVER},
	{"jdbc://h/db", NULL,
	"should have the name of the driver and \":\" after \"jdbc:\""},
	{"jdbc:", NULL,
	"should have the name of the driver and \":\" after \"jdbc:\""},
	{"jdbc:vertica//h/db", NULL,
	"should have the name of the driver and \":\" after \"jdbc:\""},

	/* colons and slashes */
	{"jdbc:mysql//h", MYSQL},
	{"jdbc:mysql:/h/db", MYSQL},
	{"jdbc:mysql:h/db", MYSQL},
	{"jdbc:postgresql//h/db", POSTGRESQL},
	{"jdbc:postgresql:/h/db", POSTGRESQL},
	{"jdbc:sqlserver:h", SQLSERVER},
	{"jdbc:sqlserver:/h", SQLSERVER},
	{"jdbc:redshift:/h/db", "jdbc:redshift://host:port/database"},
	{"jdbc:snowflake:a.snowflakecomputing.com",
	"jdbc:snowflake://account.snowflakecomputing.com/"},

	/* Oracle */
	{"jdbc:oracle://h:1521/s", ORACLE},
	{"jdbc:oracle:@h:1521:SID", ORACLE},
	{"jdbc:oracle:thin", ORACLE},
	{"jdbc:oracle:thin:h:1521/s", ORACLE},
	{"jdbc:oracle:thin://h:1521/s", ORACLE},
	{"jdbc:oracle:thin:@", NULL, NO_HOST},
	{"jdbc:oracle:thin:@//", NULL, NO_HOST},
	{"jdbc:oracle:thin:@localhost:1521:SID", NULL, LOCAL},
	{"jdbc:oracle:thin:@//localhost:1521/s", NULL, LOCAL},
	{"jdbc:oracle:thin:u/p@127.0.0.1:1521/s", NULL, LOCAL},
	{"jdbc:oracle:thin:@tcps://localhost:1521/s", NULL, LOCAL},
	{"jdbc:oracle:thin:@(DESCRIPTION=(ADDRESS=(PROTOCOL=TCP)"
	"(Host=localhost)(PORT=1521)))", NULL, LOCAL},

	/* hosts */
	{"jdbc:postgresql://", NULL, NO_HOST},
	{"jdbc:postgresql:///db", NULL, NO_HOST},
	{"jdbc:postgresql://:5432/db", NULL, NO_HOST},
	{"jdbc:mysql://u:p@/db", NULL, NO_HOST},
	{"jdbc:mysql://?user=u", NULL, NO_HOST},
	{"jdbc:sqlserver://;databaseName=db", NULL, NO_HOST},
	{"jdbc:mysql://localhost", NULL, LOCAL},
	{"jdbc:mysql://LocalHost:3306/db", NULL, LOCAL},
	{"jdbc:mysql://u:p@localhost:3306/db", NULL, LOCAL},
	{"jdbc:mysql:replication://h,localhost/db", NULL, LOCAL},
	{"jdbc:postgresql://127.0.0.1:5432/db", NULL, LOCAL},
	{"jdbc:postgresql://[::1]:5432/db", NULL, LOCAL},
	{"jdbc:sqlserver://localhost\\EXPRESS;databaseName=db", NULL, LOCAL},
	{"jdbc:teradata://localhost/DATABASE=db", NULL, LOCAL},
	{"jdbc:mysql://localhost ", NULL, LOCAL},
};

static const char *const right_jdbc[] = {
	"jdbc:postgresql://h:5432/db",
	"jdbc:postgresql://h1:5432,h2:5432/db?targetServerType=primary",
	"jdbc:postgresql://[2001:db8::1]:5432/db",
	"jdbc:mysql://h/db",
	"jdbc:mysql://u:p@h:3306/db",
	"jdbc:mysql://localhost.example.com/db",
	"jdbc:mysql:replication://h1,h2/db",
	"jdbc:mysql://(host=h,port=3306,user=u)/db",
	"jdbc:mysql://address=(host=h)(port=3306)/db",
	"jdbc:mariadb:sequential://h1,h2/db",
	"jdbc:aws-wrapper:postgresql://h/db",
	"jdbc-secretsmanager:mysql://h:3306/db",
	"jdbc:sqlserver://h:1433;databaseName=db",
	"jdbc:sqlserver://h\\instance;databaseName=db",
	"jdbc:sqlserver://;serverName=h;databaseName=db",
	"jdbc:jtds:sqlserver://h:1433/db;domain=X",
	"jdbc:redshift://h:5439/db",
	"jdbc:redshift:iam://h:5439/db",
	"jdbc:redshift:iam://cluster:us-east-1/db",
	"jdbc:snowflake://a.snowflakecomputing.com/?user=u",
	"jdbc:databricks://h:443/default;httpPath=sql/1",
	"jdbc:databricks://h:443;httpPath=sql/1",

	/* Oracle */
	"jdbc:oracle:thin:@//h:1521/s",
	"jdbc:oracle:thin:@h:1521:SID",
	"jdbc:oracle:thin://@h:1521/s",
	"jdbc:oracle:thin:@alias",
	"jdbc:oracle:thin:u/p@ss@h:1521/s",
	"jdbc:oracle:thin:u/p?(x@h:1521/s",
	"jdbc:oracle:thin:@tcps://h:2484/s?wallet_location=/w",
	"jdbc:oracle:thin:@(DESCRIPTION=(ADDRESS=(PROTOCOL=TCPS)(HOST=h)"
	"(PORT=2484))(CONNECT_DATA=(SERVICE_NAME=s)))",
	"jdbc:oracle:oci:u/p@alias",
	"jdbc:oracle:oci8:@alias",

	/* drivers of which nothing is known here */
	"jdbc:as400://h;libraries=L",
	"jdbc:awsathena://AwsRegion=us-east-1;S3OutputLocation=s3://b/",
	"jdbc:bigquery://https://www.googleapis.com/bigquery/v2:443;ProjectId=p",
	"jdbc:db2:db",
	"jdbc:exa:10.0.0.2..10.0.0.9:8563",
	"jdbc:h2:mem:x",
	"jdbc:hive2://h1:2181,h2:2181/;serviceDiscoveryMode=zooKeeper",
	"jdbc:hive2:///",
	"jdbc:informix-sqli://h:9088/db:INFORMIXSERVER=s",
	"jdbc:sap://h:39015/?databaseName=db",
	"jdbc:sybase:Tds:h:5000/db",
	"jdbc:teradata://h/LOGMECH=LDAP,LOGDATA=joe@@p",

	/* placeholders */
	"${url}",
	"{{resolve:ssm:url}}",
	"jdbc:${engine}://h/db",
	"jdbc:mysql://${host}:${port}/db",
	"jdbc:mysql:${rest}",
	"jdbc:oracle:${rest}",
	"jdbc:oracle:thin:${rest}",
	"jdbc:oracle:thin:${user}/${password}@//h:1521/s",
	"[[\"default=jdbc:snowflake://h/?user=${user}\"],\",\"]",
};

static const WrongUrl wrong_mongodb[] = {
	{"mongo://h/db", MONGODB},
	{"h:27017", MONGODB},
	{"", MONGODB},
	{"mongodb:/h", MONGODB},
	{"jdbc:mongodb://h/db", MONGODB},
	{"mongodb://", NULL, NO_HOST},
	{"mongodb:///db", NULL, NO_HOST},
	{"mongodb://localhost:27017/db", NULL, LOCAL},
	{"mongodb://u:p@h:1,127.0.0.1/db", NULL, LOCAL},
	{"mongodb://u:p/w@localhost/db", NULL, LOCAL},
};

static const char *const right_mongodb[] = {
	"mongodb://h/db",
	"mongodb://h1:27017,h2:27017/db?replicaSet=rs0",
	"mongodb+srv://u:p@c.mongodb.net/db?retryWrites=true&w=majority",
	"mongodb://u:p@ss/word@h:27017/db",
	"mongodb://a:b==@h:10255/?ssl=true&appName=@a@",
	"mongodb://[2001:db8::1]:27017/db",
	"mongodb://${user}:${password}@h/db",
	"${url}",
};

static const WrongUrl wrong_servers[] = {
	{"h", "host:9092", NO_PORT},
	{"h:1,g", "host:9092", NO_PORT},
	{"SASL_SSL://h", "host:9092", NO_PORT},
	{"h:1;g:2", "host:9092", NO_PORT},
	{"h:1 g:2", "host:9092", NO_PORT},
	{"h:port", "host:9092", NO_PORT},
	{"h:", "host:9092", NO_PORT},
	{"[2001:db8::1]", "host:9092", NO_PORT},
	{":9092", NULL, NO_HOST},
	{"localhost:9092", NULL, LOCAL},
	{"h:1, localhost:2", NULL, LOCAL},
	{"PLAINTEXT://127.0.0.1:9092", NULL, LOCAL},
};

static const char *const right_servers[] = {
	"h:1",
	"b-1.x.kafka.us-east-1.amazonaws.com:9094,b-2.x:9094 , b-3.x:9094",
	"SASL_SSL://h:9092,SASL_SSL://g:9092",
	"h:1,",
	"",
	"[2001:db8::1]:9092",
	"h:${port}",
	"${servers}",
	"{{resolve:ssm:servers}}",
};

static const WrongUrl wrong_hosts[] = {
	{"localhost", NULL, LOCAL},
	{"::1", NULL, LOCAL},
	{"127.0.0.1 ", NULL, LOCAL},
};

static const char *const right_hosts[] = {
	"h", "a.snowflakecomputing.com", "https://h", "10.0.0.1", "${host}", "",
};

static void
check_wrong(GlueUrlCheck find_fault, const WrongUrl *cases, size_t count)
{
	for (size_t i = 0; i < count; i++)
	{
		GlueUrlFault fault = {"", NULL};

		ok(find_fault(cases[i].url, &fault), cases[i].url);
		is_str(fault.message, cases[i].message != NULL ? cases[i].message :
			   "should look like", "the fault");
		is_str(fault.form != NULL ? fault.form : "",
			   cases[i].form != NULL ? cases[i].form : "", "the right form");
	}
}

static void
check_right(GlueUrlCheck find_fault, const char *const *urls, size_t count)
{
	for (size_t i = 0; i < count; i++)
	{
		GlueUrlFault fault;

		ok(!find_fault(urls[i], &fault), urls[i]);
	}
}

#define CHECK_WRONG(find_fault, cases) \
	check_wrong(find_fault, cases, COUNT(cases))
#define CHECK_RIGHT(find_fault, urls) \
	check_right(find_fault, urls, COUNT(urls))

int
main(void)
{
	char		url[1000];
	GlueUrlFault fault;

	CHECK_WRONG(glue_jdbc_url_fault, wrong_jdbc);
	CHECK_RIGHT(glue_jdbc_url_fault, right_jdbc);
	CHECK_WRONG(glue_mongodb_url_fault, wrong_mongodb);
	CHECK_RIGHT(glue_mongodb_url_fault, right_mongodb);
	CHECK_WRONG(glue_kafka_servers_fault, wrong_servers);
	CHECK_RIGHT(glue_kafka_servers_fault, right_servers);
	CHECK_WRONG(glue_host_fault, wrong_hosts);
	CHECK_RIGHT(glue_host_fault, right_hosts);

	/* nothing is too long */
	memset(url, 'a', sizeof(url));
	memcpy(url, "jdbc:mysql://", 13);
	url[sizeof(url) - 1] = '\0';
	ok(!glue_jdbc_url_fault(url, &fault), "a long host");
	return tap_done();
}
