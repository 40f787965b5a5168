/*-------------------------------------------------------------------------
 *
 * secret_forms.h
 *	  Forms of inputs with secrets, and of inputs without.
 *
 * They are taken from the manuals of drivers and connectors, and from public
 * templates and reports.
 *
 * IDENTIFICATION
 *	  test/unit/secret_forms.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef SECRET_FORMS_H
#define SECRET_FORMS_H

/*
 * an input, and the parts that must be hidden in it or kept, separated by "|"
 */
typedef struct FormCase
{
	const char *name;
	const char *input;
	const char *hide;
	const char *keep;
} FormCase;

#define URL(url) "{\"ConnectionProperties\":{\"URL\":\"" url "\"}}"

static const FormCase form_cases[] = {
	{"oracle thin user/pass@//",
		URL("jdbc:oracle:thin:scott/NotARealPassword1@//db:1521/svc"),
		"NotARealPassword1",
	"scott|db:1521/svc"},
	{"oracle thin user/pass@host:port:SID",
		URL("jdbc:oracle:thin:scott/NotARealPassword1@db:1521:ORCL"),
		"NotARealPassword1",
	"scott|db:1521:ORCL"},
	{"oracle thin DESCRIPTION",
		URL("jdbc:oracle:thin:scott/NotARealPassword1@(DESCRIPTION=(ADDRESS="
			"(PROTOCOL=TCPS)(HOST=h)(PORT=2484))(CONNECT_DATA=(SERVICE_NAME="
			"svc)))"),
		"NotARealPassword1",
	"SERVICE_NAME=svc"},
	{"oracle thin nocreds DESCRIPTION w/ wallet",
		URL("jdbc:oracle:thin:@(DESCRIPTION=(ADDRESS=(PROTOCOL=TCPS)(HOST=h)"
			"(PORT=2484))(CONNECT_DATA=(SERVICE_NAME=svc))(SECURITY=(SSL_SER"
			"VER_CERT_DN=\\\"CN=x\\\")))"),
		"",
	"SSL_SERVER_CERT_DN|CN=x|SERVICE_NAME=svc"},
	{"oracle oci",
		URL("jdbc:oracle:oci:scott/NotARealPassword1@tns"),
		"NotARealPassword1",
	"scott"},
	{"oracle without jdbc prefix (TF#17215)",
		URL("oracle:thin:scott/NotARealPassword1@test:1521/test"),
		"NotARealPassword1",
	"test:1521"},
	{"athena fed style oracle://jdbc:oracle:thin:",
		"{\"ConnectionProperties\":{\"default\":\"oracle://jdbc:oracle:th"
		"in:scott/NotARealPassword1@//h:1521/svc\"}}",
		"NotARealPassword1",
	"h:1521/svc"},
	{"athena fed secret placeholder",
		"{\"ConnectionProperties\":{\"default\":\"oracle://jdbc:oracle:th"
		"in:${mysecret}@//h:1521/svc\"}}",
		"",
	"${mysecret}|h:1521/svc"},
	{"athena fed mysql user:pass (federation#801)",
		"{\"ConnectionProperties\":{\"default\":\"mysql://jdbc:mysql://US"
		"ER:NotARealPassword1@HOST.us-east-1.rds.amazonaws.com:3306/DB\"}"
		"}",
		"NotARealPassword1",
	"HOST.us-east-1|USER"},
	{"athena fed mysql ?user&password",
		"{\"ConnectionProperties\":{\"default\":\"mysql://jdbc:mysql://h:"
		"3306/DB?user=U&password=NotARealPassword1\"}}",
		"NotARealPassword1",
	"user=U"},
	{"athena fed secret in url ${Secret}",
		"{\"ConnectionProperties\":{\"default\":\"mysql://jdbc:mysql://h:"
		"3306/DB?${my-secret}\"}}",
		"",
	"${my-secret}"},
	{"sqlserver ;user ;password",
		URL("jdbc:sqlserver://h:1433;databaseName=d;user=u;password=NotAReal"
			"Password1;encrypt=true;trustServerCertificate=false"),
		"NotARealPassword1",
	"encrypt=true|trustServerCertificate=false|databaseName=d"},
	{"sqlserver braces password",
		URL("jdbc:sqlserver://h:1433;databaseName=d;user=u;password={Zq9;Sec"
			"}}ret1};encrypt=true"),
		"Sec|ret1",
	"databaseName=d"},
	{"sqlserver AAD accessToken",
		URL("jdbc:sqlserver://h:1433;databaseName=d;accessToken=NotARealPass"
			"word1;encrypt=true"),
		"NotARealPassword1",
	"encrypt=true"},
	{"sqlserver keyStoreSecret",
		URL("jdbc:sqlserver://h:1433;databaseName=d;keyStoreAuthentication=J"
			"avaKeyStorePassword;keyStoreSecret=NotARealPassword1;encrypt=tr"
			"ue"),
		"NotARealPassword1",
	"encrypt=true"},
	{"sqlserver trustStorePassword",
		URL("jdbc:sqlserver://h;trustStore=/etc/ssl/t.jks;trustStorePassword"
			"=NotARealPassword1;databaseName=d"),
		"NotARealPassword1",
	"databaseName=d|trustStore=/etc/ssl/t.jks"},
	{"jtds domain password",
		URL("jdbc:jtds:sqlserver://h:1433/d;domain=X;user=u;password=NotARea"
			"lPassword1"),
		"NotARealPassword1",
	"domain=X"},
	{"snowflake url",
		URL("jdbc:snowflake://a.snowflakecomputing.com/?user=u&password=NotA"
			"RealPassword1&warehouse=w&role=r&db=d"),
		"NotARealPassword1",
	"warehouse=w|role=r"},
	{"snowflake private_key_pwd/file",
		URL("jdbc:snowflake://a.snowflakecomputing.com/?user=u&private_key_f"
			"ile=/etc/ssl/rsa.p8&private_key_pwd=NotARealPassword1&db=d"),
		"NotARealPassword1",
	"db=d"},
	{"snowflake private_key_base64",
		URL("jdbc:snowflake://a.snowflakecomputing.com/?user=u&private_key_b"
			"ase64=NotARealPassword1&db=d"),
		"NotARealPassword1",
	"db=d"},
	{"snowflake authenticator oauth token",
		URL("jdbc:snowflake://a.snowflakecomputing.com/?authenticator=oauth&"
			"token=NotARealPassword1&db=d"),
		"NotARealPassword1",
	"authenticator=oauth|db=d"},
	{"snowflake passcode (MFA)",
		URL("jdbc:snowflake://a.snowflakecomputing.com/?user=u&passcode=NotA"
			"RealPassword1&db=d"),
		"NotARealPassword1",
	"db=d"},
	{"databricks PWD",
		URL("jdbc:databricks://dbc.cloud.databricks.com:443/default;transpor"
			"tMode=http;ssl=1;httpPath=sql/1;AuthMech=3;UID=token;PWD=NotARe"
			"alPassword1"),
		"NotARealPassword1",
	"UID=token|httpPath=sql/1|AuthMech=3"},
	{"databricks PWD middle",
		URL("jdbc:databricks://h:443/default;AuthMech=3;UID=token;PWD=NotARe"
			"alPassword1;httpPath=sql/1"),
		"NotARealPassword1",
	"httpPath=sql/1"},
	{"databricks OAuth2Secret",
		URL("jdbc:databricks://h:443;AuthMech=11;Auth_Flow=1;OAuth2ClientId="
			"cid;OAuth2Secret=NotARealPassword1;httpPath=sql/1"),
		"NotARealPassword1",
	"OAuth2ClientId=cid|httpPath=sql/1"},
	{"databricks Auth_AccessToken",
		URL("jdbc:databricks://h:443;AuthMech=11;Auth_Flow=0;Auth_AccessToke"
			"n=NotARealPassword1;httpPath=sql/1"),
		"NotARealPassword1",
	"httpPath=sql/1|Auth_Flow=0"},
	{"teradata",
		URL("jdbc:teradata://h/USER=u,PASSWORD=NotARealPassword1,DATABASE=d,"
			"TMODE=ANSI"),
		"NotARealPassword1",
	"DATABASE=d|TMODE=ANSI|USER=u"},
	{"teradata LOGDATA",
		URL("jdbc:teradata://h/LOGMECH=LDAP,LOGDATA=authcid=u password=NotAR"
			"ealPassword1,DATABASE=d"),
		"NotARealPassword1",
	"DATABASE=d"},
	{"teradata LOGDATA td2 u@@pass",
		URL("jdbc:teradata://h/LOGMECH=LDAP,LOGDATA=joe@@NotARealPassword1,D"
			"ATABASE=d"),
		"NotARealPassword1",
	"DATABASE=d"},
	{"saphana",
		URL("jdbc:sap://h:39015/?user=u&password=NotARealPassword1&databaseN"
			"ame=d"),
		"NotARealPassword1",
	"databaseName=d"},
	{"vertica",
		URL("jdbc:vertica://h:5433/d?user=u&password=NotARealPassword1"),
		"NotARealPassword1",
	"user=u"},
	{"db2 colon list",
		URL("jdbc:db2://h:50000/d:user=u;password=NotARealPassword1;sslConne"
			"ction=true;"),
		"NotARealPassword1",
	"sslConnection=true|user=u"},
	{"db2as400",
		URL("jdbc:as400://h;libraries=L;user=u;password=NotARealPassword1;"),
		"NotARealPassword1",
	"libraries=L"},
	{"db2 sslTrustStorePassword",
		URL("jdbc:db2://h:50000/d:sslConnection=true;sslTrustStoreLocation=/"
			"x.jks;sslTrustStorePassword=NotARealPassword1;"),
		"NotARealPassword1",
	"sslTrustStoreLocation=/x.jks"},
	{"sybase",
		URL("jdbc:sybase:Tds:h:5000/d?user=u&password=NotARealPassword1"),
		"NotARealPassword1",
	"sybase:Tds:h:5000"},
	{"informix",
		URL("jdbc:informix-sqli://h:9088/d:INFORMIXSERVER=s;user=u;password="
			"NotARealPassword1"),
		"NotARealPassword1",
	"INFORMIXSERVER=s"},
	{"impala hive",
		URL("jdbc:hive2://h:10000/default;AuthMech=3;UID=u;PWD=NotARealPassw"
			"ord1"),
		"NotARealPassword1",
	"AuthMech=3"},
	{"exasol",
		URL("jdbc:exa:10.0.0.2..10.0.0.9:8563;user=u;password=NotARealPasswo"
			"rd1;encryption=1"),
		"NotARealPassword1",
	"encryption=1"},
	{"netezza/ase user colon",
		URL("jdbc:netezza://h:5480/d;user=u;password=NotARealPassword1"),
		"NotARealPassword1",
	""},
	{"bigquery simba",
		URL("jdbc:bigquery://https://www.googleapis.com/bigquery/v2:443;Proj"
			"ectId=p;OAuthType=0;OAuthServiceAcctEmail=x@p.iam.gserviceaccou"
			"nt.com;OAuthPvtKeyPath=/k.json;OAuthPvtKey=NotARealPassword1;"),
		"NotARealPassword1",
	"ProjectId=p|x@p.iam.gserviceaccount.com"},
	{"bigquery simba keypath only",
		URL("jdbc:bigquery://https://www.googleapis.com/bigquery/v2:443;Proj"
			"ectId=p;OAuthType=0;OAuthServiceAcctEmail=x@p.iam.gserviceaccou"
			"nt.com;OAuthPvtKeyPath=/k.json;"),
		"",
	"ProjectId=p|x@p.iam.gserviceaccount.com|/k.json|bigquery/v2:443"},
	{"bigquery refresh token",
		URL("jdbc:bigquery://https://www.googleapis.com/bigquery/v2:443;Proj"
			"ectId=p;OAuthType=2;OAuthRefreshToken=NotARealPassword1;OAuthCl"
			"ientId=c;OAuthClientSecret=NotARealPassword12"),
		"NotARealPassword1",
	"ProjectId=p|OAuthClientId=c"},
	{"mysql user:pass@",
		URL("jdbc:mysql://u:NotARealPassword1@h:3306/d"),
		"NotARealPassword1",
	"h:3306/d"},
	{"mysql (key=value) form",
		URL("jdbc:mysql://(host=h,port=3306,user=u,password=NotARealPassword"
			"1)/d"),
		"NotARealPassword1",
	"host=h"},
	{"mysql address= form",
		URL("jdbc:mysql://address=(host=h)(port=3306)(user=u)(password=NotAR"
			"ealPassword1)/d"),
		"NotARealPassword1",
	"(host=h)|(user=u)"},
	{"mysql ssl store passwords",
		URL("jdbc:mysql://h/d?clientCertificateKeyStorePassword=NotARealPass"
			"word1&trustCertificateKeyStoreUrl=file:x"),
		"NotARealPassword1",
	"trustCertificateKeyStoreUrl=file:x"},
	{"postgres sslpassword",
		URL("jdbc:postgresql://h/d?user=u&sslkey=/k&sslpassword=NotARealPass"
			"word1&ssl=true"),
		"NotARealPassword1",
	"ssl=true|sslkey=/k"},
	{"redshift iam",
		URL("jdbc:redshift:iam://c.us-east-1.redshift.amazonaws.com:5439/d?A"
			"ccessKeyID=AKIAIOSFODNN7EXAMPLE&SecretAccessKey=NotARealPasswor"
			"d1&DbUser=u"),
		"NotARealPassword1",
	"DbUser=u"},
	{"redshift session token",
		URL("jdbc:redshift:iam://c:us-east-1/d?AccessKeyID=ASIAX&SecretAcces"
			"sKey=NotARealPassword1&SessionToken=NotARealPassword13&DbUser=u"),
		"NotARealPassword1",
	"DbUser=u"},
	{"athena jdbc keys",
		URL("jdbc:awsathena://AwsRegion=us-east-1;UID=AKIAX;PWD=NotARealPass"
			"word1;S3OutputLocation=s3://b/"),
		"NotARealPassword1",
	"S3OutputLocation=s3://b/"},
	{"mongodb srv",
		URL("mongodb+srv://u:NotARealPassword1@c.mongodb.net/d?retryWrites=t"
			"rue&w=majority"),
		"NotARealPassword1",
	"c.mongodb.net/d?retryWrites=true&w=majority"},
	{"mongodb multi host",
		URL("mongodb://u:NotARealPassword1@h1:27017,h2:27017/d?replicaSet=rs"
			"0"),
		"NotARealPassword1",
	"h1:27017,h2:27017|replicaSet=rs0"},
	{"mongodb no creds multihost",
		URL("mongodb://h1:27017,h2:27017/d?replicaSet=rs0"),
		"",
	"h1:27017,h2:27017|replicaSet=rs0"},
	{"mongodb pass with @ and /",
		URL("mongodb://u:Zq9@Sec/ret1@h1:27017/d"),
		"Sec/ret1|Zq9",
	"h1:27017/d"},
	{"mongo aws auth tok",
		URL("mongodb+srv://AKIAX:NotARealPassword1@h/?authMechanism=MONGODB-"
			"AWS&authMechanismProperties=AWS_SESSION_TOKEN:NotARealPassword1"
			"9"),
		"NotARealPassword1",
	"authMechanism=MONGODB-AWS"},
	{"cosmos mongo",
		URL("mongodb://acct:NotARealPassword1==@acct.mongo.cosmos.azure.com:"
			"10255/?ssl=true&replicaSet=globaldb&appName=@acct@"),
		"NotARealPassword1",
	"acct.mongo.cosmos.azure.com|ssl=true"},
	{"cosmos conn string",
		"{\"ConnectionProperties\":{\"spark.cosmos.connString\":\"Account"
		"Endpoint=https://a.documents.azure.com:443/;AccountKey=NotARealP"
		"assword1==;\"}}",
		"NotARealPassword1",
	"a.documents.azure.com"},
	{"cosmos SparkProperties accountKey",
		"{\"ConnectionProperties\":{\"SparkProperties\":\"{\\\"secretId\\"
		"\": \\\"sec\\\", \\\"spark.cosmos.accountEndpoint\\\": \\\"https"
		"://a.documents.azure.com:443/\\\", \\\"spark.cosmos.accountKey\\"
		"\": \\\"NotARealPassword1==\\\"}\"}}",
		"NotARealPassword1",
	"secretId|https://a.documents.azure.com:443/"},
	{"azure storage account key conf",
		"{\"ConnectionProperties\":{\"SparkProperties\":\"{\\\"fs.azure.a"
		"ccount.key.acct.dfs.core.windows.net\\\": \\\"NotARealPassword1"
		"\\\"}\"}}",
		"NotARealPassword1",
	""},
	{"azure storage conn string",
		"{\"ConnectionProperties\":{\"CONNECTION_STRING\":\"DefaultEndpoi"
		"ntsProtocol=https;AccountName=a;AccountKey=NotARealPassword1;End"
		"pointSuffix=core.windows.net\"}}",
		"NotARealPassword1",
	"AccountName=a|EndpointSuffix=core.windows.net"},
	{"azure SAS",
		URL("https://a.blob.core.windows.net/c?sv=2022-11-02&ss=b&srt=sco&sp"
			"=rl&se=2027-01-01&sig=NotARealPassword1%3D"),
		"NotARealPassword1",
	"sv=2022-11-02"},
	{"azure sas token key",
		"{\"ConnectionProperties\":{\"fs.azure.sas.c.a.blob.core.windows."
		"net\":\"?sv=2022&sig=NotARealPassword1\"}}",
		"NotARealPassword1",
	""},
	{"eventhub as kafka plain",
		"{\"ConnectionProperties\":{\"KAFKA_SASL_PLAIN_USERNAME\":\"$Conn"
		"ectionString\",\"KAFKA_SASL_PLAIN_PASSWORD\":\"Endpoint=sb://ns."
		"servicebus.windows.net/;SharedAccessKeyName=Root;SharedAccessKey"
		"=NotARealPassword1=\"}}",
		"NotARealPassword1",
	"$ConnectionString"},
	{"eventhub conn string other key",
		"{\"ConnectionProperties\":{\"eventhubs.connectionString\":\"Endp"
		"oint=sb://ns.servicebus.windows.net/;SharedAccessKeyName=Root;Sh"
		"aredAccessKey=NotARealPassword1=;EntityPath=e\"}}",
		"NotARealPassword1",
	"SharedAccessKeyName=Root|EntityPath=e"},
	{"kafka jaas scram",
		"{\"ConnectionProperties\":{\"KAFKA_SASL_JAAS_CONFIG\":\"org.apac"
		"he.kafka.common.security.scram.ScramLoginModule required usernam"
		"e=\\\"admin\\\" password=\\\"NotARealPassword1\\\";\"}}",
		"NotARealPassword1",
	"ScramLoginModule|admin"},
	{"kafka jaas single quotes",
		"{\"ConnectionProperties\":{\"kafka.sasl.jaas.config\":\"org.apac"
		"he.kafka.common.security.plain.PlainLoginModule required usernam"
		"e='KEY' password='NotARealPassword1';\"}}",
		"NotARealPassword1",
	"KEY"},
	{"kafka jaas oauthbearer clientSecret",
		"{\"ConnectionProperties\":{\"kafka.sasl.jaas.config\":\"org.apac"
		"he.kafka.common.security.oauthbearer.OAuthBearerLoginModule requ"
		"ired clientId=\\\"c\\\" clientSecret=\\\"NotARealPassword1\\\" s"
		"cope=\\\"s\\\";\"}}",
		"NotARealPassword1",
	"OAuthBearerLoginModule"},
	{"kafka jaas in SparkProperties json",
		"{\"ConnectionProperties\":{\"SparkProperties\":\"{\\\"kafka.sasl"
		".jaas.config\\\": \\\"org.apache.kafka.common.security.plain.Pla"
		"inLoginModule required username=\\\\\\\"KEY\\\\\\\" password=\\"
		"\\\\\"NotARealPassword1\\\\\\\";\\\", \\\"kafka.bootstrap.server"
		"s\\\": \\\"b:9092\\\"}\"}}",
		"NotARealPassword1",
	"b:9092"},
	{"schema registry basic.auth.user.info",
		"{\"ConnectionProperties\":{\"schema.registry.basic.auth.user.inf"
		"o\":\"KEYID:NotARealPassword1\"}}",
		"NotARealPassword1",
	""},
	{"PEM in odd key",
		"{\"ConnectionProperties\":{\"CLIENT_KEY\":\"-----BEGIN RSA PRIVA"
		"TE KEY-----\\nMIIEvNotARealPassword1\\n-----END RSA PRIVATE KEY-"
		"----\"}}",
		"NotARealPassword1",
	""},
	{"PEM in tls key",
		"{\"ConnectionProperties\":{\"TLS_KEY\":\"-----BEGIN EC PRIVATE K"
		"EY-----\\nMIIEvNotARealPassword1\\n-----END EC PRIVATE KEY-----"
		"\"}}",
		"NotARealPassword1",
	""},
	{"PEM certificate (public) stays",
		"{\"ConnectionProperties\":{\"CA_CERT\":\"-----BEGIN CERTIFICATE-"
		"----\\nMIIDpublic\\n-----END CERTIFICATE-----\"}}",
		"",
	"MIIDpublic"},
	{"snowflake pem_private_key spark",
		"{\"ConnectionProperties\":{\"SparkProperties\":\"{\\\"sfUrl\\\":"
		" \\\"a.snowflakecomputing.com\\\", \\\"sfUser\\\": \\\"u\\\", \\"
		"\"sfRole\\\": \\\"r\\\", \\\"secretId\\\": \\\"s\\\", \\\"pem_pr"
		"ivate_key\\\": \\\"MIIEvNotARealPassword1\\\"}\"}}",
		"NotARealPassword1",
	"sfUser|a.snowflakecomputing.com"},
	{"snowflake sfPassword/sftoken",
		"{\"ConnectionProperties\":{\"SparkProperties\":\"{\\\"sfURL\\\":"
		" \\\"a\\\", \\\"sfUser\\\": \\\"u\\\", \\\"sfPassword\\\": \\\"N"
		"otARealPassword1\\\", \\\"sfToken\\\": \\\"NotARealPassword1\\\""
		"}\"}}",
		"NotARealPassword1",
	"sfUser"},
	{"gcp SA json in credentials",
		"{\"ConnectionProperties\":{\"credentials\":\"eyJ0eXBlNotARealPas"
		"sword1\"}}",
		"NotARealPassword1",
	""},
	{"gcp SA json raw in other key",
		"{\"ConnectionProperties\":{\"GOOGLE_APPLICATION_JSON\":\"{\\\"ty"
		"pe\\\": \\\"service_account\\\", \\\"project_id\\\": \\\"p\\\", "
		"\\\"private_key_id\\\": \\\"abc\\\", \\\"private_key\\\": \\\"--"
		"---BEGIN PRIVATE KEY-----\\\\nNotARealPassword1\\\\n-----END PRI"
		"VATE KEY-----\\\\n\\\", \\\"client_email\\\": \\\"x@p.iam.gservi"
		"ceaccount.com\\\"}\"}}",
		"NotARealPassword1",
	"client_email|project_id"},
	{"gcp SA b64 in key 'GCP_SA_KEY'",
		"{\"ConnectionProperties\":{\"GCP_SA_KEY\":\"eyJ0eXBlNotARealPass"
		"word1\"}}",
		"NotARealPassword1",
	""},
	{"gcp SA b64 'serviceAccountKey'",
		"{\"ConnectionProperties\":{\"serviceAccountKey\":\"eyJ0eXBlNotAR"
		"ealPassword1\"}}",
		"NotARealPassword1",
	""},
	{"GoogleServiceAccountKeyJson",
		"{\"ConnectionProperties\":{\"GoogleServiceAccountKeyJson\":\"eyJ"
		"0eXBlNotARealPassword1\"}}",
		"NotARealPassword1",
	""},
	{"gcp b64 parentProject harmless",
		"{\"ConnectionProperties\":{\"SparkProperties\":\"{\\\"parentProj"
		"ect\\\": \\\"p\\\", \\\"viewsEnabled\\\": \\\"true\\\", \\\"secr"
		"etId\\\": \\\"x\\\"}\"}}",
		"",
	"parentProject|viewsEnabled|secretId"},
	{"sharepoint.clientSecret",
		"{\"ConnectionProperties\":{\"sharepoint.clientSecret\":\"NotARea"
		"lPassword1\",\"sharepoint.clientId\":\"cid\"}}",
		"NotARealPassword1",
	"cid"},
	{"AUTH_TOKEN / api key / apikey / x-api-key",
		"{\"ConnectionProperties\":{\"AUTH_TOKEN\":\"NotARealPassword1\","
		"\"apikey\":\"NotARealPassword1\",\"x-api-key\":\"NotARealPasswor"
		"d1\",\"API KEY\":\"NotARealPassword1\"}}",
		"NotARealPassword1",
	""},
	{"encryption key / master key / consumer key secret",
		"{\"ConnectionProperties\":{\"MASTER_KEY\":\"NotARealPassword1\","
		"\"ENCRYPTION_KEY\":\"NotARealPassword1\",\"CONSUMER_SECRET\":\"N"
		"otARealPassword1\"}}",
		"NotARealPassword1",
	""},
	{"hubspot hapikey",
		"{\"ConnectionProperties\":{\"hapikey\":\"NotARealPassword1\"}}",
		"NotARealPassword1",
	""},
	{"stripe sk in KEY",
		"{\"ConnectionProperties\":{\"STRIPE_KEY\":\"sk_live_NotARealPass"
		"word1\"}}",
		"NotARealPassword1",
	""},
	{"es.net.http.auth.pass",
		"{\"ConnectionProperties\":{\"es.net.http.auth.user\":\"u\",\"es."
		"net.http.auth.pass\":\"NotARealPassword1\"}}",
		"NotARealPassword1",
	"es.net.http.auth.user"},
	{"opensearch.net.http.auth.pass",
		"{\"ConnectionProperties\":{\"SparkProperties\":\"{\\\"opensearch"
		".net.http.auth.user\\\": \\\"u\\\", \\\"opensearch.net.http.auth"
		".pass\\\": \\\"NotARealPassword1\\\"}\"}}",
		"NotARealPassword1",
	""},
	{"basic header json",
		"{\"ConnectionProperties\":{\"headers\":\"{\\\"Authorization\\\":"
		" \\\"Basic NotARealPassword1\\\"}\"}}",
		"NotARealPassword1",
	"Authorization"},
	{"mongodb.password spark",
		"{\"ConnectionProperties\":{\"SparkProperties\":\"{\\\"spark.mong"
		"odb.read.connection.uri\\\": \\\"mongodb://u:NotARealPassword1@h"
		"/d\\\"}\"}}",
		"NotARealPassword1",
	"@h/d"},
	{"redis auth uri",
		"{\"ConnectionProperties\":{\"ENDPOINT\":\"redis://:NotARealPassw"
		"ord1@h:6379/0\"}}",
		"NotARealPassword1",
	"@h:6379/0"},
	{"redis host:port:password (athena redis)",
		"{\"ConnectionProperties\":{\"redis-endpoint\":\"h:6379:NotARealP"
		"assword1\"}}",
		"NotARealPassword1",
	""},
	{"hashed athena redis placeholder",
		"{\"ConnectionProperties\":{\"redis-endpoint\":\"${secret_name}\""
		"}}",
		"",
	"${secret_name}"},
	{"S3A keys",
		"{\"ConnectionProperties\":{\"fs.s3a.access.key\":\"AKIAX\",\"fs."
		"s3a.secret.key\":\"NotARealPassword1\",\"fs.s3a.session.token\":"
		"\"NotARealPassword1\"}}",
		"NotARealPassword1",
	""},
	{"kerberos keytab path stays",
		"{\"ConnectionProperties\":{\"KAFKA_SASL_GSSAPI_KEYTAB\":\"s3://b"
		"/kafka.keytab\",\"KAFKA_SASL_GSSAPI_KRB5_CONF\":\"s3://b/krb5.co"
		"nf\"}}",
		"",
	"s3://b/kafka.keytab|s3://b/krb5.conf"},
	{"athena secret_name / fas_token / kms_key_id",
		"{\"AthenaProperties\":{\"secret_name\":\"my-secret\",\"secret_ma"
		"nager_gcp_creds_name\":\"gcp-secret\",\"spill_bucket\":\"b\",\"k"
		"ms_key_id\":\"kms\",\"fas_token\":\"NotARealPassword1\"}}",
		"NotARealPassword1",
	"my-secret|gcp-secret"},
	{"athena fed connector env: DefaultConnectionString",
		"{\"AthenaProperties\":{\"default_connection_string\":\"jdbc:mysq"
		"l://h:3306/test?user=u&password=NotARealPassword1\",\"secret_nam"
		"e\":\"test-secret\"}}",
		"NotARealPassword1",
	"test-secret"},
	{"SECRET_NAME / SECRET_ARN / SecretManagerName kept",
		"{\"ConnectionProperties\":{\"SECRET_NAME\":\"n1\",\"SECRET_ARN\""
		":\"arn:aws:secretsmanager:us-east-1:1:secret:n2\",\"secretsManag"
		"erSecretId\":\"n3\",\"secret.id\":\"n4\"}}",
		"",
	"n1|n2|n3|n4"},
	{"sharepoint / harmless words",
		"{\"ConnectionProperties\":{\"PASSWORD_POLICY\":\"none\",\"TOKEN_"
		"URL\":\"https://t\",\"tokenEndpoint\":\"https://te\",\"USE_PASSW"
		"ORD\":\"false\",\"AUTH_TYPE\":\"password\",\"CREDENTIAL_TYPE\":"
		"\"secret\",\"primaryKey\":\"id\",\"partitionKey\":\"pk\",\"KEYSP"
		"ACE\":\"ks\",\"tokenizer\":\"std\"}}",
		"",
	"https://t|https://te|false|none|\"secret\"|std"},
	{"MAX_TOKENS/keyCaseSensitive",
		"{\"ConnectionProperties\":{\"max_tokens\":\"100\",\"token.refres"
		"h.interval\":\"60\",\"password_encryption\":\"true\"}}",
		"",
	"100|60|true"},

	/* similar forms */
	{"snowflake key with passphrase",
		URL("jdbc:snowflake://a.snowflakecomputing.com/?user=u&private_key_f"
			"ile=/etc/ssl/rsa.p8&private_key_file_pwd=NotARealPassword1&pass"
			"codeInPassword=on"),
		"NotARealPassword1",
	"/etc/ssl/rsa.p8|passcodeInPassword=on"},
	{"snowflake OAuth client credentials",
		URL("jdbc:snowflake://a.snowflakecomputing.com/?authenticator=oauth_"
			"client_credentials&oauthClientId=cid&oauthClientSecret=NotAReal"
			"Password1&oauthTokenRequestUrl=https://idp/token&oauthScope=s"),
		"NotARealPassword1",
		"oauthClientId=cid|oauthTokenRequestUrl=https://idp/token|oauthSc"
	"ope=s"},
	{"snowflake switches of tokens",
		URL("jdbc:snowflake://a/?clientRequestMfaToken=true&CLIENT_STORE_TEM"
			"PORARY_CREDENTIAL=true&role=r"),
		"",
		"clientRequestMfaToken=true|CLIENT_STORE_TEMPORARY_CREDENTIAL=tru"
	"e"},
	{"snowflake python key of a file",
		"{\"ConnectionProperties\":{\"PythonProperties\":\"{\\\"account\\"
		"\": \\\"a\\\", \\\"private_key_file\\\": \\\"/k.p8\\\", \\\"priv"
		"ate_key_file_pwd\\\": \\\"NotARealPassword1\\\", \\\"token_file_"
		"path\\\": \\\"/t\\\"}\"}}",
		"NotARealPassword1",
	"/k.p8|/t"},
	{"databricks refresh token",
		URL("jdbc:databricks://h:443;AuthMech=11;Auth_Flow=0;Auth_RefreshTok"
			"en=NotARealPassword1;EnableTokenCache=0;TokenCachePassPhrase=No"
			"tARealPassword1;httpPath=sql/1"),
		"NotARealPassword1",
	"EnableTokenCache=0|httpPath=sql/1"},
	{"databricks JWT key file",
		URL("jdbc:databricks://h:443;AuthMech=11;UseJWTAssertion=1;Auth_JWT_"
			"Key_File=/k.pem;Auth_JWT_Key_Passphrase=NotARealPassword1;Auth_"
			"JWT_Alg=RS256;Auth_KID=k1"),
		"NotARealPassword1",
		"UseJWTAssertion=1|Auth_JWT_Key_File=/k.pem|Auth_JWT_Alg=RS256|Au"
	"th_KID=k1"},
	{"Google's and SendGrid's keys",
		"{\"ConnectionProperties\":{\"maps\":\"AIzaSyDNotARealPassword1abcde"
		"fghijkl\",\"mail\":\"SG.abcdefghijklmnop.NotARealPassword1abcd\","
		"\"unit\":\"SG.Orders\"}}",
		"NotARealPassword1",
	"SG.Orders"},
	{"databricks personal access token by its form",
		"{\"ConnectionProperties\":{\"DATABRICKS\":\"dapi0123456789abcdef"
		"0123456789abcdef\"}}",
		"0123456789abcdef",
	""},
	{"bigquery P12 password and access token",
		URL("jdbc:bigquery://https://www.googleapis.com/bigquery/v2:443;Proj"
			"ectId=p;OAuthAccessToken=NotARealPassword1;OAuthP12Password=Not"
			"ARealPassword1;ProxyPwd=NotARealPassword1;ProxyPort=3128"),
		"NotARealPassword1",
	"ProjectId=p|ProxyPort=3128"},
	{"bigquery spark",
		"{\"ConnectionProperties\":{\"SparkProperties\":\"{\\\"credential"
		"sFile\\\": \\\"/k.json\\\", \\\"gcpAccessToken\\\": \\\"NotAReal"
		"Password1\\\", \\\"gcpAccessTokenProvider\\\": \\\"com.example.T"
		"okenProvider\\\", \\\"proxyPassword\\\": \\\"NotARealPassword1\\"
		"\"}\"}}",
		"NotARealPassword1",
	"/k.json|com.example.TokenProvider"},
	{"service account in base64, spread out",
		"{\"ConnectionProperties\":{\"CONFIG\":\"ewogICJ0eXBlIjogInNlcnZp"
		"Y2VfYWNjb3VudCIsCiAgInByaXZhdGVfa2V5IjogIk5vdEFSZWFsUGFzc3dvcmQx"
		"Igp9\"}}",
		"cnZpY2VfYWNjb3VudCIs",
	""},
	{"environment of google",
		"{\"ConnectionProperties\":{\"GOOGLE_APPLICATION_CREDENTIALS\":\""
		"/etc/gcp/key.json\"}}",
		"",
	"/etc/gcp/key.json"},
	{"teradata JWT",
		URL("jdbc:teradata://h/LOGMECH=JWT,LOGDATA=token=NotARealPassword1,D"
			"ATABASE=d,TMODE=ANSI"),
		"NotARealPassword1",
	"LOGMECH=JWT|DATABASE=d|TMODE=ANSI"},
	{"teradata OIDC key file",
		URL("jdbc:teradata://h/LOGMECH=BEARER,JWS_PRIVATE_KEY=/k.pem,JWS_CER"
			"T=/c.pem,OIDC_CLIENTID=cid"),
		"",
	"JWS_PRIVATE_KEY=/k.pem|OIDC_CLIENTID=cid"},
	{"saphana stores",
		URL("jdbc:sap://h:39015/?encrypt=true&keyStore=/k.p12&keyStorePasswo"
			"rd=NotARealPassword1&proxyPassword=NotARealPassword1&sslKeyStor"
			"e=/s"),
		"NotARealPassword1",
	"keyStore=/k.p12|sslKeyStore=/s"},
	{"mongodb TLS key password",
		URL("mongodb://h:27017/d?tls=true&tlsCertificateKeyFile=/c.pem&tlsCe"
			"rtificateKeyFilePassword=NotARealPassword1&authSource=admin"),
		"NotARealPassword1",
	"tlsCertificateKeyFile=/c.pem|authSource=admin"},
	{"mongodb password with a colon",
		URL("mongodb+srv://u:a:NotARealPassword1@c.mongodb.net/d"),
		"NotARealPassword1",
	"@c.mongodb.net/d"},
	{"mongodb OIDC",
		URL("mongodb://h/?authMechanism=MONGODB-OIDC&authMechanismProperties"
			"=TOKEN_RESOURCE:NotARealPassword1"),
		"NotARealPassword1",
	"authMechanism=MONGODB-OIDC"},
	{"redshift plug-in",
		URL("jdbc:redshift:iam://c.us-east-1.redshift.amazonaws.com:5439/d?p"
			"lugin_name=com.amazon.redshift.plugin.AzureCredentialsProvider&"
			"client_secret=NotARealPassword1&client_id=cid&idp_tenant=t"),
		"NotARealPassword1",
		"com.amazon.redshift.plugin.AzureCredentialsProvider|client_id=ci"
	"d|idp_tenant=t"},
	{"redshift identity token",
		URL("jdbc:redshift:iam://h:5439/d?plugin_name=com.amazon.redshift.pl"
			"ugin.IdpTokenAuthPlugin&token=NotARealPassword1&token_type=ACCE"
			"SS_TOKEN"),
		"NotARealPassword1",
	"token_type=ACCESS_TOKEN|IdpTokenAuthPlugin"},
	{"sqlserver braces and a semicolon",
		URL("jdbc:sqlserver://h:1433;user=u;password={a;b}};NotARealPassword"
			"1};encrypt=true"),
		"NotARealPassword1",
	"encrypt=true"},
	{"sqlserver key vault",
		URL("jdbc:sqlserver://h;keyVaultProviderClientId=cid;keyVaultProvide"
			"rClientKey=NotARealPassword1;columnEncryptionSetting=Enabled"),
		"NotARealPassword1",
	"keyVaultProviderClientId=cid|columnEncryptionSetting=Enabled"},
	{"sqlserver client key",
		URL("jdbc:sqlserver://h;clientCertificate=/c.pem;clientKey=/k.pem;cl"
			"ientKeyPassword=NotARealPassword1;databaseName=d"),
		"NotARealPassword1",
	"clientKey=/k.pem|databaseName=d"},
	{"sqlserver service principal",
		URL("jdbc:sqlserver://h;authentication=ActiveDirectoryServicePrincip"
			"al;AADSecurePrincipalId=id;AADSecurePrincipalSecret=NotARealPas"
			"sword1"),
		"NotARealPassword1",
	"AADSecurePrincipalId=id"},
	{"postgres conninfo",
		URL("host=h port=5432 dbname=d user=u password='NotARealPassword1 x'"
			" sslmode=require"),
		"NotARealPassword1",
	"sslmode=require|dbname=d"},
	{"postgres passfile",
		URL("jdbc:postgresql://h/d?passfile=/home/u/.pgpass&sslpasswordcallb"
			"ack=com.example.x.Callback"),
		"",
	"/home/u/.pgpass"},
	{"clickhouse",
		URL("jdbc:clickhouse://h:8443/d?user=u&password=NotARealPassword1&ss"
			"l_key=/k.pem"),
		"NotARealPassword1",
	"ssl_key=/k.pem|user=u"},
	{"trino",
		URL("jdbc:trino://h:443/hive?user=u&accessToken=NotARealPassword1&SS"
			"LKeyStorePassword=NotARealPassword1&SSLTrustStorePath=/t.jks"),
		"NotARealPassword1",
	"SSLTrustStorePath=/t.jks"},
	{"presto extra credentials",
		URL("jdbc:presto://h/hive?extraCredentials=abc:NotARealPassword1&SSL"
			"=true"),
		"NotARealPassword1",
	"SSL=true"},
	{"cassandra",
		URL("jdbc:cassandra://h:9042/ks?user=u&password=NotARealPassword1&ss"
			"lkeystorepassword=NotARealPassword1"),
		"NotARealPassword1",
	"/ks?user=u"},
	{"elasticsearch JDBC",
		URL("jdbc:es://https://u:NotARealPassword1@h:9243/?ssl.truststore.lo"
			"cation=/t&ssl.truststore.pass=NotARealPassword1"),
		"NotARealPassword1",
	"@h:9243|ssl.truststore.location=/t"},
	{"druid",
		URL("jdbc:avatica:remote:url=https://h:8282/druid/;authentication=BA"
			"SIC;avatica_user=u;avatica_password=NotARealPassword1"),
		"NotARealPassword1",
	"avatica_user=u|authentication=BASIC"},
	{"solr in brackets of IPv6",
		URL("jdbc:mysql://u:NotARealPassword1@[2001:db8::1]:3306/d"),
		"NotARealPassword1",
	"[2001:db8::1]:3306/d"},
	{"go driver of mysql",
		URL("u:NotARealPassword1@tcp(h:3306)/d?parseTime=true"),
		"NotARealPassword1",
	"tcp(h:3306)/d?parseTime=true"},
	{"oracle easy connect",
		URL("scott/NotARealPassword1@//h:1521/svc"),
		"NotARealPassword1",
	"scott|//h:1521/svc"},
	{"login without a scheme",
		URL("u:NotARealPassword1@h.example.com:5432/d"),
		"NotARealPassword1",
	"@h.example.com:5432/d"},
	{"ftp",
		URL("sftp://u:NotARealPassword1@h/x"),
		"NotARealPassword1",
	"@h/x"},
	{"presigned",
		URL("https://b.s3.amazonaws.com/k?X-Amz-Algorithm=AWS4-HMAC-SHA256&X"
			"-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20260101&X-Amz-Expires=6"
			"0&X-Amz-Signature=NotARealPassword1"),
		"NotARealPassword1",
	"X-Amz-Algorithm=AWS4-HMAC-SHA256|X-Amz-Expires=60"},
	{"google signed",
		URL("https://storage.googleapis.com/b/k?GoogleAccessId=x&Expires=1&S"
			"ignature=NotARealPassword1"),
		"NotARealPassword1",
	"GoogleAccessId=x|Expires=1"},
	{"azure SAS of a container",
		"{\"ConnectionProperties\":{\"fs.azure.sas.fixed.token.a.dfs.core"
		".windows.net\":\"sv=2022&sig=NotARealPassword1\"}}",
		"NotARealPassword1",
	""},
	{"azure token providers",
		"{\"ConnectionProperties\":{\"fs.azure.sas.token.provider.type.a."
		"dfs.core.windows.net\":\"org.apache.hadoop.fs.azurebfs.extension"
		"s.MockSASTokenProvider\",\"fs.azure.account.oauth.provider.type"
		"\":\"org.apache.hadoop.fs.azurebfs.oauth2.ClientCredsTokenProvid"
		"er\",\"fs.azure.account.oauth2.client.secret.a.dfs.core.windows."
		"net\":\"NotARealPassword1\",\"fs.azure.account.oauth2.client.id"
		"\":\"cid\",\"fs.azure.account.oauth2.client.endpoint\":\"https:/"
		"/login/x/oauth2/token\"}}",
		"NotARealPassword1",
		"MockSASTokenProvider|ClientCredsTokenProvider|cid|https://login/"
	"x/oauth2/token"},
	{"azure account key that begins with a slash",
		"{\"ConnectionProperties\":{\"fs.azure.account.key.a.blob.core.wi"
		"ndows.net\":\"/NotARealPassword1abcdefghijklmnopqrstuvwxyz012345"
		"6789ABCDEFGHIJKLMNOPQRSTUVWX==\"}}",
		"NotARealPassword1",
	""},
	{"azure service bus",
		"{\"ConnectionProperties\":{\"conn\":\"Endpoint=sb://n.servicebus"
		".windows.net/;SharedAccessKeyName=Root;SharedAccessSignature=Sha"
		"redAccessSignature sr=x&sig=NotARealPassword1&se=1\"}}",
		"NotARealPassword1",
	"SharedAccessKeyName=Root"},
	{"azure functions",
		"{\"ConnectionProperties\":{\"x-functions-key\":\"NotARealPasswor"
		"d1\",\"Ocp-Apim-Subscription-Key\":\"NotARealPassword1\"}}",
		"NotARealPassword1",
	""},
	{"cosmos master key",
		"{\"ConnectionProperties\":{\"spark.cosmos.accountKey\":\"NotARea"
		"lPassword1\",\"spark.cosmos.auth.type\":\"MasterKey\",\"cosmos.m"
		"asterKey\":\"NotARealPassword1\"}}",
		"NotARealPassword1",
	"MasterKey"},
	{"kafka OAUTHBEARER",
		"{\"ConnectionProperties\":{\"sasl.jaas.config\":\"org.apache.kaf"
		"ka.common.security.oauthbearer.OAuthBearerLoginModule required c"
		"lientId='c' clientSecret='NotARealPassword1' scope='kafka' exten"
		"sion_logicalCluster='lkc-1';\",\"sasl.oauthbearer.token.endpoint"
		".url\":\"https://idp/token\",\"sasl.login.callback.handler.class"
		"\":\"org.apache.kafka.common.security.oauthbearer.secured.OAuthB"
		"earerLoginCallbackHandler\"}}",
		"NotARealPassword1",
	"clientId='c'|https://idp/token|OAuthBearerLoginCallbackHandler"},
	{"kafka key stores",
		"{\"ConnectionProperties\":{\"ssl.keystore.location\":\"s3://b/k."
		"jks\",\"ssl.keystore.password\":\"NotARealPassword1\",\"ssl.key."
		"password\":\"NotARealPassword1\",\"ssl.truststore.type\":\"JKS\""
		",\"ssl.keystore.key\":\"-----BEGIN PRIVATE KEY-----\\nMIIENotARe"
		"alPassword1\\n-----END PRIVATE KEY-----\\n\",\"ssl.keystore.cert"
		"ificate.chain\":\"-----BEGIN CERTIFICATE-----\\nMIIDpublic\\n---"
		"--END CERTIFICATE-----\"}}",
		"NotARealPassword1",
	"s3://b/k.jks|JKS|MIIDpublic"},
	{"schema registry",
		"{\"ConnectionProperties\":{\"basic.auth.credentials.source\":\"U"
		"SER_INFO\",\"basic.auth.user.info\":\"k:NotARealPassword1\",\"be"
		"arer.auth.token\":\"NotARealPassword1\",\"schema.registry.url\":"
		"\"https://sr\"}}",
		"NotARealPassword1",
	"USER_INFO|https://sr"},
	{"kafka MSK IAM",
		"{\"ConnectionProperties\":{\"sasl.jaas.config\":\"software.amazo"
		"n.msk.auth.iam.IAMLoginModule required;\",\"KAFKA_SASL_SCRAM_SEC"
		"RETS_ARN\":\"arn:aws:secretsmanager:us-east-1:1:secret:AmazonMSK"
		"_x\"}}",
		"",
	"IAMLoginModule|AmazonMSK_x"},
	{"S3A encryption",
		"{\"ConnectionProperties\":{\"fs.s3a.encryption.key\":\"NotARealP"
		"assword1\",\"fs.s3a.encryption.algorithm\":\"SSE-C\",\"fs.s3a.aw"
		"s.credentials.provider\":\"org.apache.hadoop.fs.s3a.TemporaryAWS"
		"CredentialsProvider\",\"fs.s3a.access.key\":\"AKIAIOSFODNN7EXAMP"
		"LE\"}}",
		"NotARealPassword1",
	"SSE-C|TemporaryAWSCredentialsProvider|AKIAIOSFODNN7EXAMPLE"},
	{"S3A key by KMS",
		"{\"ConnectionProperties\":{\"fs.s3a.server-side-encryption.key\""
		":\"arn:aws:kms:us-east-1:111122223333:key/k1\"}}",
		"",
	"key/k1"},
	{"elasticsearch",
		"{\"ConnectionProperties\":{\"SparkProperties\":\"{\\\"es.net.htt"
		"p.auth.user\\\": \\\"u\\\", \\\"es.net.http.auth.pass\\\": \\\"N"
		"otARealPassword1\\\", \\\"es.net.ssl.keystore.pass\\\": \\\"NotA"
		"RealPassword1\\\", \\\"es.keystore.location\\\": \\\"s3://b/k\\"
		"\", \\\"es.net.http.header.Authorization\\\": \\\"ApiKey NotARea"
		"lPassword1\\\"}\"}}",
		"NotARealPassword1",
	"s3://b/k"},
	{"hadoop XML",
		"{\"ConnectionProperties\":{\"core-site\":\"<configuration><prope"
		"rty><name>fs.s3a.secret.key</name>\\n<value>NotARealPassword1</v"
		"alue></property><property><name>fs.defaultFS</name><value>hdfs:/"
		"/h</value></property></configuration>\"}}",
		"NotARealPassword1",
	"fs.s3a.secret.key|hdfs://h"},
	{"XML elements",
		"{\"ConnectionProperties\":{\"CONFIG\":\"<server><user>u</user><p"
		"assword encrypted=\\\"no\\\">NotARealPassword1</password><host>h"
		"</host></server>\"}}",
		"NotARealPassword1",
	"<user>u</user>|<host>h</host>"},
	{"XML CDATA and name space",
		"{\"ConnectionProperties\":{\"CONFIG\":\"<c:Password><![CDATA[Not"
		"ARealPassword1<x>]]></c:Password><c:Host>h</c:Host>\"}}",
		"NotARealPassword1",
	"<c:Host>h"},
	{"XML attributes",
		"{\"ConnectionProperties\":{\"CONFIG\":\"<property name=\\\"passw"
		"ord\\\" value=\\\"NotARealPassword1\\\"/><property name=\\\"user"
		"\\\" value=\\\"u\\\"/>\"}}",
		"NotARealPassword1",
	"value=\\\"u\\\""},
	{"YAML",
		"{\"ConnectionProperties\":{\"CONFIG\":\"host: h\\nuser: u\\npass"
		"word: NotARealPassword1\\nport: 5432\\n\"}}",
		"NotARealPassword1",
	"user: u|port: 5432"},
	{"YAML nested, quoted, with words",
		"{\"ConnectionProperties\":{\"CONFIG\":\"db:\\n  - user: u\\n    "
		"password: \\\"NotARealPassword1\\\"\\n    passphrase: correct ho"
		"rse NotARealPassword1\\n  - host: h\"}}",
		"NotARealPassword1",
	"user: u|host: h"},
	{"YAML on one line",
		"{\"ConnectionProperties\":{\"CONFIG\":\"user: u, password: NotAR"
		"ealPassword1, host: h\"}}",
		"NotARealPassword1",
	"user: u|host: h"},
	{"YAML block",
		"{\"ConnectionProperties\":{\"CONFIG\":\"private_key: |\\n  MIIEN"
		"otARealPassword1\\n  more\\nhost: h\"}}",
		"NotARealPassword1",
	"host: h"},
	{"INI",
		"{\"ConnectionProperties\":{\"CONFIG\":\"; a comment\\nuser=u\\np"
		"assword=NotARealPassword1\\nhost=h\"}}",
		"NotARealPassword1",
	"user=u|host=h"},
	{"properties file",
		"{\"ConnectionProperties\":{\"CONFIG\":\"db.user=u\\ndb.password="
		"NotARealPassword1\\ndb.url=jdbc:mysql://h/d\"}}",
		"NotARealPassword1",
	"db.user=u|jdbc:mysql://h/d"},
	{"PEM PRIVATE KEY",
		"{\"ConnectionProperties\":{\"NOTE\":\"see -----BEGIN PRIVATE KEY"
		"-----\\nMIIENotARealPassword1\\n-----END PRIVATE KEY-----\\n\"}}",
		"NotARealPassword1",
	"see "},
	{"PEM ENCRYPTED PRIVATE KEY",
		"{\"ConnectionProperties\":{\"NOTE\":\"see -----BEGIN ENCRYPTED P"
		"RIVATE KEY-----\\nMIIENotARealPassword1\\n-----END ENCRYPTED PRI"
		"VATE KEY-----\\n\"}}",
		"NotARealPassword1",
	"see "},
	{"PEM EC PRIVATE KEY",
		"{\"ConnectionProperties\":{\"NOTE\":\"see -----BEGIN EC PRIVATE "
		"KEY-----\\nMIIENotARealPassword1\\n-----END EC PRIVATE KEY-----"
		"\\n\"}}",
		"NotARealPassword1",
	"see "},
	{"PEM OPENSSH PRIVATE KEY",
		"{\"ConnectionProperties\":{\"NOTE\":\"see -----BEGIN OPENSSH PRI"
		"VATE KEY-----\\nMIIENotARealPassword1\\n-----END OPENSSH PRIVATE"
		" KEY-----\\n\"}}",
		"NotARealPassword1",
	"see "},
	{"PEM DSA PRIVATE KEY",
		"{\"ConnectionProperties\":{\"NOTE\":\"see -----BEGIN DSA PRIVATE"
		" KEY-----\\nMIIENotARealPassword1\\n-----END DSA PRIVATE KEY----"
		"-\\n\"}}",
		"NotARealPassword1",
	"see "},
	{"PEM PGP PRIVATE KEY BLOCK",
		"{\"ConnectionProperties\":{\"NOTE\":\"see -----BEGIN PGP PRIVATE"
		" KEY BLOCK-----\\nMIIENotARealPassword1\\n-----END PGP PRIVATE K"
		"EY BLOCK-----\\n\"}}",
		"NotARealPassword1",
	"see "},
	{"PEM with \\n as two characters",
		"{\"ConnectionProperties\":{\"X\":\"-----BEGIN PRIVATE KEY-----\\"
		"\\nMIIENotARealPassword1\\\\n-----END PRIVATE KEY-----\\\\n\"}}",
		"NotARealPassword1",
	""},
	{"PEM public key",
		"{\"ConnectionProperties\":{\"X\":\"-----BEGIN PUBLIC KEY-----\\n"
		"MIIBpublic\\n-----END PUBLIC KEY-----\"}}",
		"",
	"MIIBpublic"},
	{"PEM certificate and key",
		"{\"ConnectionProperties\":{\"X\":\"-----BEGIN CERTIFICATE-----\\"
		"nMIIDpublic\\n-----END CERTIFICATE-----\\n-----BEGIN PRIVATE KEY"
		"-----\\nMIIENotARealPassword1\\n-----END PRIVATE KEY-----\\n\"}}",
		"NotARealPassword1",
	"MIIDpublic"},
	{"PEM in base64",
		"{\"ConnectionProperties\":{\"X\":\"LS0tLS1CRUdJTiBSU0EgUFJJVkFUR"
		"SBLRVktLS0tLQpNSUlFTm90QVJlYWxQYXNzd29yZDEKLS0tLS1FTkQgUlNBIFBSS"
		"VZBVEUgS0VZLS0tLS0K\"}}",
		"BLRVktLS0tLQpNSUlFTm90QVJlYWxQ",
	""},
	{"PEM of a certificate in base64",
		"{\"ConnectionProperties\":{\"X\":\"LS0tLS1CRUdJTiBDRVJUSUZJQ0FUR"
		"S0tLS0tCk1JSURwdWJsaWMKLS0tLS1FTkQgQ0VSVElGSUNBVEUtLS0tLQ==\"}}",
		"",
		"LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0tCk1JSURwdWJsaWMKLS0tLS1FTkQg"
	"Q0VSVElGSUNBVEUtLS0tLQ=="},
	{"SSH2",
		"{\"ConnectionProperties\":{\"X\":\"---- BEGIN SSH2 ENCRYPTED PRI"
		"VATE KEY ----\\nMIINotARealPassword1\\n---- END SSH2 ENCRYPTED P"
		"RIVATE KEY ----\"}}",
		"NotARealPassword1",
	""},
	{"Bearer",
		"{\"ConnectionProperties\":{\"HEADER\":\"Bearer NotARealPassword1"
		"\",\"AUTH_SCHEME\":\"Bearer\",\"DOC\":\"Bearer token\"}}",
		"NotARealPassword1",
	"Bearer token"},
	{"Basic",
		"{\"ConnectionProperties\":{\"HEADER\":\"Basic dTpOb3RBUmVhbA==\""
		",\"AUTH\":\"Basic authentication\",\"TIER\":\"Basic\"}}",
		"dTpOb3RBUmVhbA",
	"Basic authentication"},
	{"JWT",
		"{\"ConnectionProperties\":{\"X\":\"eyJhbGciOiJIUzI1NiJ9.eyJzdWIi"
		"OiIxIn0.NotARealPassword1\",\"Y\":\"sub=1 eyJhbGciOiJIUzI1NiJ9.e"
		"yJzdWIiOiIxIn0.NotARealPassword1 x\"}}",
		"NotARealPassword1",
	"sub=1|x"},
	{"stripe, slack, github, gitlab",
		"{\"ConnectionProperties\":{\"A\":\"rk_live_NotARealPassword1\","
		"\"B\":\"xoxb-1234-NotARealPassword1\",\"C\":\"ghp_NotARealPasswo"
		"rd1\",\"D\":\"github_pat_11A_NotARealPassword1\",\"E\":\"glpat-N"
		"otARealPassword1\",\"F\":\"pk_live_public1234567\",\"G\":\"whsec"
		"_NotARealPassword1\"}}",
		"NotARealPassword1",
	"pk_live_public1234567"},
	{"a token in a sentence",
		"{\"ConnectionProperties\":{\"NOTE\":\"use sk_test_NotARealPasswo"
		"rd1 for tests\"}}",
		"NotARealPassword1",
	"use | for tests"},
	{"a secret under the name of a reference",
		"{\"ConnectionProperties\":{\"SECRET_NAME\":\"Bearer NotARealPass"
		"word1\",\"secret_url\":\"https://u:NotARealPassword1@h/x\",\"kms"
		"_key_id\":\"eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.NotARealPasswor"
		"d1\"}}",
		"NotARealPassword1",
	"@h/x"},
	{"salesforce",
		"{\"ConnectionProperties\":{\"SecurityToken\":\"NotARealPassword1"
		"\",\"ConsumerKey\":\"ck\",\"ConsumerSecret\":\"NotARealPassword1"
		"\",\"INSTANCE_URL\":\"https://x.my.salesforce.com\"}}",
		"NotARealPassword1",
	"ck|https://x.my.salesforce.com"},
	{"servicenow, zendesk, okta",
		"{\"ConnectionProperties\":{\"servicenow.password\":\"NotARealPas"
		"sword1\",\"zendesk_api_token\":\"NotARealPassword1\",\"okta.clie"
		"nt.privateKey\":\"MIIENotARealPassword1\",\"okta.client.orgUrl\""
		":\"https://o\",\"okta.client.scopes\":\"a.b\"}}",
		"NotARealPassword1",
	"https://o|a.b"},
	{"signing keys",
		"{\"ConnectionProperties\":{\"SIGNING_KEY\":\"NotARealPassword1\""
		",\"sshKey\":\"NotARealPassword1\",\"hmac-key\":\"NotARealPasswor"
		"d1\",\"webhook_signing_key\":\"NotARealPassword1\",\"KAFKA_CLIEN"
		"T_KEY\":\"s3://b/k.pem\"}}",
		"NotARealPassword1",
	"s3://b/k.pem"},
	{"PIN, OTP, cookie",
		"{\"ConnectionProperties\":{\"PIN\":\"1234\",\"cardPin\":\"9876\""
		",\"otp\":\"482913\",\"Cookie\":\"JSESSIONID=NotARealPassword1\","
		"\"shipping\":\"dhl\",\"pinned\":\"yes\"}}",
		"1234|9876|482913|NotARealPassword1",
	"dhl|yes"},
	{"numeric passwords",
		"{\"ConnectionProperties\":{\"PASSWORD\":\"12345\",\"passcode\":"
		"\"67890\",\"max_tokens\":\"100\",\"password_length\":\"12\",\"to"
		"ken_ttl_seconds\":\"3600\"}}",
		"12345|67890",
	"100|12|3600"},
	{"dsn",
		"{\"ConnectionProperties\":{\"dsn\":\"postgres://u:NotARealPasswo"
		"rd1@h/d\",\"SENTRY_DSN\":\"https://NotARealPassword1:NotARealPas"
		"sword12@o1.ingest.sentry.io/1\"}}",
		"NotARealPassword1@|NotARealPassword12",
	"@h/d"},
	{"redis",
		"{\"ConnectionProperties\":{\"redis-endpoint\":\"master.x.cache.a"
		"mazonaws.com:6379\"}}",
		"",
	"master.x.cache.amazonaws.com:6379"},
	{"references",
		"{\"ConnectionProperties\":{\"aws_secret_arn\":\"arn:aws:secretsm"
		"anager:us-east-1:1:secret:a\",\"SecretsManagerArn\":\"arn:aws:se"
		"cretsmanager:us-east-1:1:secret:b\",\"credentialsProvider\":\"co"
		"m.example.CredsProvider\",\"tokenEndpoint\":\"https://idp/t\",\""
		"password_file\":\"/run/secrets/p\",\"private_key_id\":\"kid1\","
		"\"secret.manager.region\":\"us-east-1\",\"auth.token.location\":"
		"\"/t\",\"TOKEN_CACHE_ENABLED\":\"true\",\"secretsmanager_secret_"
		"name\":\"sn1\",\"client_secret_id\":\"cs1\",\"password_policy\":"
		"\"strict\",\"apiKeyHeader\":\"X-Api-Key\",\"secret_version\":\"7"
		"\",\"vault_token_path\":\"secret/data/x\"}}",
		"",
		"secret:a|secret:b|CredsProvider|https://idp/t|/run/secrets/p|kid"
	"1|us-east-1|sn1|cs1|strict|X-Api-Key|secret/data/x"},
	{"placeholders",
		"{\"ConnectionProperties\":{\"PASSWORD\":\"${password}\",\"TOKEN"
		"\":\"{{resolve:secretsmanager:s1:SecretString:token}}\",\"URL\":"
		"\"jdbc:mysql://h/d?user=${user}&password=${pw}\",\"SECRET_STRING"
		"\":\"${secretsmanager:s2:SecretString:x}\"}}",
		"",
	"${password}|resolve:secretsmanager:s1|${pw}|secretsmanager:s2"},
	{"pairs of name and value",
		"{\"ConnectionProperties\":{\"SparkProperties\":\"{\\\"options\\"
		"\": [{\\\"name\\\": \\\"password\\\", \\\"value\\\": \\\"NotARea"
		"lPassword1\\\"}, {\\\"name\\\": \\\"user\\\", \\\"value\\\": \\"
		"\"u1\\\"}]}\"}}",
		"NotARealPassword1",
	"u1"},
	{"TokenUrlParametersMap",
		"{\"AuthenticationConfiguration\":{\"OAuth2Properties\":{\"TokenU"
		"rl\":\"https://idp/token\",\"TokenUrlParametersMap\":{\"scope\":"
		"\"a b\",\"resource\":\"https://r\",\"audience\":\"aud1\",\"grant"
		"_type\":\"client_credentials\",\"client_id\":\"cid\",\"client_se"
		"cret\":\"NotARealPassword1\",\"client_assertion\":\"NotARealPass"
		"word1\",\"client_assertion_type\":\"urn:x:jwt-bearer\",\"passwor"
		"d\":\"NotARealPassword1\",\"refresh_token\":\"NotARealPassword1"
		"\"}}}}",
		"NotARealPassword1",
	"a b|https://r|aud1|client_credentials|cid|urn:x:jwt-bearer"},
	{"credentials of the model are hidden as a whole",
		"{\"AuthenticationConfiguration\":{\"BasicAuthenticationCredentia"
		"ls\":{\"Username\":\"u1\",\"Password\":\"${not a placeholder her"
		"e}\"},\"CustomAuthenticationCredentials\":{\"region\":\"xNotARea"
		"lPassword1\"}}}",
		"NotARealPassword1|not a placeholder",
	"u1"},
	{"Athena federated",
		"{\"AthenaProperties\":{\"default\":\"redshift://jdbc:redshift://"
		"h:5439/d?user=u&password=NotARealPassword1\",\"oracle_connection"
		"_string\":\"oracle://jdbc:oracle:thin:u/NotARealPassword1@//h:15"
		"21/s\",\"sqlserver_connection_string\":\"sqlserver://jdbc:sqlser"
		"ver://h:1433;databaseName=d;${sm1}\",\"spill_bucket\":\"b1\",\"s"
		"ecret_name\":\"sn2\",\"lambda_function_arn\":\"arn:aws:lambda:us"
		"-east-1:1:function:f1\"}}",
		"NotARealPassword1",
	"user=u|u/|h:1521/s|${sm1}|b1|sn2|function:f1"},
};

#endif							/* SECRET_FORMS_H */
