--
-- glue_connection_summary: the view for a person
--
SET timezone = 'UTC';
INSERT INTO glue_connection (server, region, catalog_id, name, connection_type,
    connection_properties, authentication_configuration, status, status_reason,
    last_updated_time, recorded_at, recorded_by)
VALUES
    (NULL, 'us-east-1', '123456789012', 'inline', 'JDBC',
     '{"JDBC_CONNECTION_URL": "jdbc:postgresql://db.example:5432/sales", "USERNAME": "loader", "PASSWORD": "********"}',
     NULL, 'READY', NULL, NULL, '2026-01-02 03:04:05.678+00', 'joe'),
    (NULL, 'us-east-1', '210987654321', 'secret', 'JDBC',
     '{"JDBC_CONNECTION_URL": "jdbc:postgresql://a-host-with-a-name-that-is-rather-long.example:5432/sales", "SECRET_ID": "s"}',
     NULL, 'READY', NULL, '2026-01-02 03:04:05.678+00', '2026-01-02 03:04:05.678+00', 'joe'),
    ('shop', 'eu-central-1', '345678901234', 'native', 'POSTGRESQL',
     '{"HOST": "db.example", "PORT": "5432", "DATABASE": "sales"}',
     '{"AuthenticationType": "BASIC", "SecretArn": "arn:aws:secretsmanager:eu-central-1:123456789012:secret:x"}',
     'FAILED', 'The secret could not be read, and this text goes on and on and on.', NULL,
     '2026-01-02 03:04:05.678+00', 'joe'),
    ('shop', 'eu-central-1', '345678901234', 'kafka', 'KAFKA',
     '{"KAFKA_BOOTSTRAP_SERVERS": "b-1:9098,b-2:9098"}', NULL, 'IN_PROGRESS', NULL, NULL,
     '2026-01-02 03:04:05.678+00', 'joe'),
    ('shop', 'eu-central-1', '345678901234', 'net', 'NETWORK', NULL, NULL, NULL, NULL, NULL,
     '2026-01-02 03:04:05.678+00', 'joe');
SELECT * FROM glue_connection_summary;
DELETE FROM glue_connection;
RESET timezone;
