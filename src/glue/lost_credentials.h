/*-------------------------------------------------------------------------
 *
 * lost_credentials.h
 *	  Credentials that an update would delete.
 *
 * IDENTIFICATION
 *	  src/glue/lost_credentials.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef GLUE_GLUE_LOST_CREDENTIALS_H
#define GLUE_GLUE_LOST_CREDENTIALS_H

#include "glue/difference.h"

extern bool glue_find_credential_losses(json_object *existing,
										json_object *recorded,
										json_object *input,
										GlueDifferenceSink sink, void *arg);

#endif							/* GLUE_GLUE_LOST_CREDENTIALS_H */
