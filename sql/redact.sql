--
-- glue_redact()
--
-- The unit tests have every place that can hold a secret.
--
SELECT jsonb_pretty(glue_redact('{
  "Name": "orders",
  "ConnectionType": "JDBC",
  "ConnectionProperties": {
    "USERNAME": "reader",
    "PASSWORD": "hunter2",
    "ENCRYPTED_PASSWORD": "aHVudGVyMg==",
    "SECRET_ID": "orders-reader",
    "KAFKA_SASL_SCRAM_PASSWORD": "hunter2",
    "KAFKA_SASL_SCRAM_SECRETS_ARN": "arn:aws:secretsmanager:us-east-1:123456789012:secret:k",
    "JDBC_CONNECTION_URL": "jdbc:postgresql://reader:hunter2@h:5432/d?password=hunter2&sslmode=require",
    "CONNECTION_URL": "mongodb://reader:${password}@h/d",
    "SparkProperties": "{\"secretId\": \"s\", \"sfPassword\": \"hunter2\"}",
    "api_key": "hunter2"
  },
  "AuthenticationConfiguration": {
    "AuthenticationType": "OAUTH2",
    "SecretArn": "arn:aws:secretsmanager:us-east-1:123456789012:secret:k",
    "KmsKeyArn": "arn:aws:kms:us-east-1:123456789012:key/k",
    "BasicAuthenticationCredentials": {"Username": "reader", "Password": "hunter2"},
    "CustomAuthenticationCredentials": {"anything": "hunter2"},
    "OAuth2Properties": {
      "OAuth2GrantType": "JWT_BEARER",
      "OAuth2ClientApplication": {"UserManagedClientApplicationClientId": "id"},
      "AuthorizationCodeProperties": {"AuthorizationCode": "hunter2", "RedirectUri": "https://h/"},
      "OAuth2Credentials": {"AccessToken": "hunter2", "RefreshToken": "hunter2", "JwtToken": "hunter2",
                            "UserManagedClientApplicationClientSecret": "hunter2"},
      "TokenUrl": "https://id.example.com/token",
      "TokenUrlParametersMap": {"resource": "https://r.example.com", "scope": "read", "client_assertion": "hunter2"}
    }
  }
}'));

-- secrets by the end of their name, and metadata of secrets
SELECT k AS key, v AS value, glue_redact(jsonb_build_object(k, v)) -> k AS redacted
  FROM (VALUES ('db_pass', 'hunter2'), ('LOGDATA', 'joe@@hunter2'), ('card_pin', '1234'),
               ('OAuthPvtKey', 'hunter2'), ('private_key', '/etc/ssl/key.p8'),
               ('redis-endpoint', 'h:6379:hunter2'), ('redis-endpoint', 'h:6379'),
               ('aws_secret_arn', 'arn:aws:secretsmanager:us-east-1:123456789012:secret:k'),
               ('secret_name_password', 'hunter2'), ('password_policy', 'strict'),
               ('PASSWORD', '${password}'), ('PASSWORD', '12345'), ('max_tokens', '100'),
               ('fs.s3a.aws.credentials.provider', 'com.example.Provider')) AS s(k, v);

-- and by their form
SELECT v AS value, glue_redact(to_jsonb(v)) AS redacted
  FROM unnest(ARRAY['Bearer hunter2', 'Basic plan', 'sk_live_hunter2hunter2', 'pk_live_hunter2hunter2',
                    E'-----BEGIN PRIVATE KEY-----\nhunter2\n-----END PRIVATE KEY-----',
                    E'-----BEGIN CERTIFICATE-----\nMIID\n-----END CERTIFICATE-----',
                    'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.hunter2', '<password>hunter2</password>',
                    E'host: h\npassword: hunter2', 'mysql://jdbc:mysql://u:hunter2@h/d']) v;

-- every JSON type in the place of a secret
SELECT v AS value, glue_redact(jsonb_build_object('PASSWORD', v))
  FROM unnest(ARRAY['null', '"hunter2"', '""', '0', 'true', '[]', '["hunter2"]', '{"a": "hunter2"}']::jsonb[]) v;

-- twice is the same as once
SELECT glue_redact(glue_redact(i)) = glue_redact(i)
  FROM (SELECT '{"PASSWORD": "x", "JDBC_CONNECTION_URL": "jdbc:x://u:p@h"}'::jsonb) AS s(i);

-- anything is taken
SELECT glue_redact(v)
  FROM unnest(ARRAY['null', '[]', '{}', '1.50', '"text"', '"jdbc:mysql://u:hunter2@h/d"', '[{"token": "hunter2"}]']::jsonb[]) v;
SELECT glue_redact(NULL);
