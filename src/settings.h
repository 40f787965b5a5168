/*-------------------------------------------------------------------------
 *
 * settings.h
 *	  The configuration parameters of glue_conn.
 *
 * IDENTIFICATION
 *	  src/settings.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef GLUE_SETTINGS_H
#define GLUE_SETTINGS_H

/*
 * Text settings are never NULL once glue_settings_init() has run; the empty
 * string means that the setting says nothing and the next source decides.
 */
extern char *glue_setting_region;
extern char *glue_setting_endpoint_url;
extern char *glue_setting_profile;
extern char *glue_setting_config_file;
extern char *glue_setting_credentials_file;
extern char *glue_setting_ca_file;
extern char *glue_setting_proxy;
extern bool glue_setting_use_fips_endpoint;
extern bool glue_setting_use_dualstack_endpoint;
extern bool glue_setting_allow_unknown_members;
extern int	glue_setting_connect_timeout;	/* milliseconds */
extern int	glue_setting_request_timeout;	/* milliseconds */
extern int	glue_setting_max_attempts;

extern void glue_settings_init(void);
extern void glue_settings_check(void);

#endif							/* GLUE_SETTINGS_H */
