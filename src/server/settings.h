/*-------------------------------------------------------------------------
 *
 * settings.h
 *	  The configuration parameters of glue_conn.
 *
 * IDENTIFICATION
 *	  src/server/settings.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef GLUE_SERVER_SETTINGS_H
#define GLUE_SERVER_SETTINGS_H

/*
 * Upper limits of settings and of the options of foreign servers; the lower
 * limits are 1.  An hour is longer than any load balancer keeps an idle
 * request.
 */
#define GLUE_MAX_TIMEOUT_MS		(60 * 60 * 1000)
#define GLUE_MAX_ATTEMPTS		20
#define GLUE_MAX_RATE		100000
#define GLUE_MAX_CONCURRENT_REQUESTS	256

/* The action on a connection whose creation is rolled back. */
typedef enum GlueOnRollback
{
	GLUE_ON_ROLLBACK_DELETE,
	GLUE_ON_ROLLBACK_KEEP
} GlueOnRollback;

/*
 * Text settings are never NULL after glue_settings_init(); the empty string
 * means not set, so that the next source applies.
 */
extern char *glue_setting_region;
extern char *glue_setting_endpoint_url;
extern char *glue_setting_profile;
extern char *glue_setting_account_id;
extern char *glue_setting_config_file;
extern char *glue_setting_credentials_file;
extern char *glue_setting_ca_file;
extern const char *glue_setting_proxy;
extern char *glue_setting_secret_key_file;
extern bool glue_setting_use_fips_endpoint;
extern bool glue_setting_use_dualstack_endpoint;
extern bool glue_setting_allow_unknown_members;
extern int	glue_setting_connect_timeout;	/* milliseconds */
extern int	glue_setting_request_timeout;	/* milliseconds */
extern int	glue_setting_max_attempts;
extern int	glue_setting_max_concurrent_requests;
extern int	glue_setting_max_request_attempts;
extern int	glue_setting_max_requests_per_second;	/* 0: no limit */
extern int	glue_setting_request_retention; /* seconds; -1: unlimited */
extern int	glue_setting_settle_time;	/* milliseconds */
extern int	glue_setting_on_rollback;	/* GlueOnRollback */
extern bool glue_setting_worker;
extern char *glue_setting_databases;

extern void glue_settings_init(void);
extern void glue_settings_check(void);
extern bool glue_database_is_served(const char *name);
extern const char *glue_region_problem(const char *region);
extern void glue_warn_of_unknown_region(const char *region);
extern const char *glue_endpoint_url_problem(const char *url);

#endif							/* GLUE_SERVER_SETTINGS_H */
