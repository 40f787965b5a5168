/*-------------------------------------------------------------------------
 *
 * secret_login.h
 *	  Passwords before an "@".
 *
 * IDENTIFICATION
 *	  src/secret/secret_login.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef GLUE_SECRET_SECRET_LOGIN_H
#define GLUE_SECRET_SECRET_LOGIN_H

#include "secret/secret_search.h"

extern bool glue_login_find_user_info(GlueSecretSearch *search,
									  size_t slashes);
extern bool glue_login_find_oracle(GlueSecretSearch *search, size_t colon);
extern bool glue_login_find_bare(GlueSecretSearch *search, size_t at_sign);

#endif							/* GLUE_SECRET_SECRET_LOGIN_H */
