/*-------------------------------------------------------------------------
 *
 * secret_text.h
 *	  Search for the secrets in a text.
 *
 * IDENTIFICATION
 *	  src/secret/secret_text.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef GLUE_SECRET_SECRET_TEXT_H
#define GLUE_SECRET_SECRET_TEXT_H

#include "secret/secret_search.h"

extern bool glue_secret_search_next(GlueSecretSearch *search);

#endif							/* GLUE_SECRET_SECRET_TEXT_H */
